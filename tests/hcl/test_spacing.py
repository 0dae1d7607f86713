"""Expressions are spaced as `terraform fmt` spaces them."""

from __future__ import annotations

import pytest

from stacks.expressions import parse_expression
from stacks.hcl.spacing import flat
from stacks.hcl.strings import written


@pytest.mark.parametrize(
    ("source", "spaced"),
    [
        ("aws_subnet.x.*.id", "aws_subnet.x.*.id"),
        ("aws_subnet.x[*].id", "aws_subnet.x[*].id"),
        ("a[0].b[ c.d ]", "a[0].b[c.d]"),
        ("a.0.b", "a.0.b"),
        ("path.module", "path.module"),
        ("element(a,0)", "element(a, 0)"),
        ("f( )", "f()"),
        ("f(a ...)", "f(a...)"),
        ("provider::aws::arn_parse(x)", "provider::aws::arn_parse(x)"),
        ("a-b", "a-b"),
        ("(a)-(b)", "(a) - (b)"),
        ("a==-1?-b:!c", "a == -1 ? -b : !c"),
        ("!a&&!(b||c)", "!a && !(b || c)"),
        ("1.5e10+2%3", "1.5e10 + 2 % 3"),
        ('{"a"={b=[1,{c=2}]}}', "{ a = { b = [1, { c = 2 }] } }"),
        ('{"b c"=1,"for"=2,(d)=3,"${e}"=4}', '{ "b c" = 1, "for" = 2, (d) = 3, "${e}" = 4 }'),
        ("{a:1\n b:2}", "{ a = 1, b = 2 }"),
        ("[for x in y:x if x!=null]", "[for x in y : x if x != null]"),
        ("{for k,v in y:k=>v...}", "{ for k, v in y : k => v... }"),
        ('"a${ b+c }d"', '"a${b + c}d"'),
        ('"${ {a=1}.a }"', '"${ { a = 1 }.a}"'),
        ('"say \\"hi\\" to $${USER}, 100%%{off}"', '"say \\"hi\\" to $${USER}, 100%%{off}"'),
        ("[a,b,]", "[a, b]"),
    ],
)
def test_an_expression_is_spaced(source: str, spaced: str) -> None:
    assert flat(written(parse_expression(source))) == spaced
