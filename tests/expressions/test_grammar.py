"""Operators, calls and references by precedence."""

from __future__ import annotations

import pytest

from stacks.expressions import parse_syntax
from stacks.expressions.syntax import (
    BinaryOperation,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Index,
    List,
    Map,
    Member,
    Name,
    Node,
    Number,
    Splat,
    Text,
    UnaryOperation,
)
from stacks.expressions.tree import Quoted

A, B, C, D = map(Name, "abcd")


@pytest.mark.parametrize(
    ("text", "syntax"),
    [
        ("a", A),
        ("null", Constant(None)),
        ("1.5e3", Number("1.5e3")),
        ('"a\\"b"', Text(Quoted(('a\\"b',)))),
        ("a - b - c", BinaryOperation("-", BinaryOperation("-", A, B), C)),
        ("a + b * c", BinaryOperation("+", A, BinaryOperation("*", B, C))),
        ("(a + b) * c", BinaryOperation("*", BinaryOperation("+", A, B), C)),
        ("a || b && c == d", BinaryOperation("||", A, BinaryOperation("&&", B, BinaryOperation("==", C, D)))),
        ("a < b == c", BinaryOperation("==", BinaryOperation("<", A, B), C)),
        ("!a == -b", BinaryOperation("==", UnaryOperation("!", A), UnaryOperation("-", B))),
        ("-a.b", UnaryOperation("-", Member(A, "b"))),
        ("a ? b : c ? d : a", Conditional(A, B, Conditional(C, D, A))),
        ("a.b[c].d", Member(Index(Member(A, "b"), C), "d")),
        ("a.0.b", Member(Member(A, "0"), "b")),
        ("a.*.b", Member(Splat(A), "b")),
        ("a[*].b", Member(Splat(A), "b")),
        ("f()", Call("f", (), False)),
        ("f(a, b...)", Call("f", (A, B), True)),
        ("core::f(a)[0]", Index(Call("core::f", (A,), False), Number("0"))),
        ("[a, b][0]", Index(List((A, B)), Number("0"))),
        ('{ a = b, "c" : d, (a) = b }', Map((("a", B), (Text(Quoted(("c",))), D), (A, B)))),
        ("{ true = a\n null = b }", Map((("true", A), ("null", B)))),
        ("[for x in a : x if b]", Comprehension(("x",), A, None, Name("x"), B)),
        ("{for k, v in a : k => v...}", Comprehension(("k", "v"), A, Name("k"), Name("v"), None)),
    ],
)
def test_the_syntax_of_an_expression(text: str, syntax: Node) -> None:
    assert parse_syntax(text) == syntax
