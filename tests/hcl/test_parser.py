"""Expressions as cdktf writes them come out spaced as `terraform fmt` spaces them."""

from __future__ import annotations

import pytest

from stacks.hcl.parser import UnreadableExpression, parse_expression, parse_template
from stacks.hcl.spacing import flat


@pytest.mark.parametrize(
    ("written", "spaced"),
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
def test_an_expression_is_spaced(written: str, spaced: str) -> None:
    assert flat(parse_expression(written)) == spaced


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("", ()),
        ("plain", ("plain",)),
        ("$${a} and %%{b}", ("${a} and %{b}",)),
        ("$$${a}", ("$${a}",)),
        ("costs $5 {or} 6%", ("costs $5 {or} 6%",)),
        ('C:\\temp "quoted"\n', ('C:\\temp "quoted"\n',)),
    ],
)
def test_the_text_of_a_template_loses_its_two_escapes(text: str, decoded: tuple[str, ...]) -> None:
    assert parse_template(text) == decoded


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("${", 3),
        ("${}", 3),
        ("${a", 4),
        ("${f(a}", 6),
        ('${f("a)}', 9),
        ("${{a}}", 5),
        ("${[,]}", 4),
        ("${a # comment\n}", 5),
        ("${<<EOT\na\nEOT\n}", 3),
        ("a ${~ b }", 10),
        ("a ${b ~}", 9),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, character: int) -> None:
    with pytest.raises(UnreadableExpression) as caught:
        parse_template(text)

    assert str(caught.value) == f"character {character} of {text!r}"
