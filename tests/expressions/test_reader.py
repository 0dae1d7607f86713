"""Templates and expressions are read, and what is not an expression is refused with its position."""

from __future__ import annotations

import pytest

from stacks.expressions import MalformedExpression, UnreadableExpression, parse_expression, parse_syntax, parse_template


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
def test_what_is_not_an_expression_is_refused_with_its_position(text: str, character: int) -> None:
    with pytest.raises(UnreadableExpression) as caught:
        parse_template(text)

    assert str(caught.value) == f"character {character} of {text!r}"


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("a b", 3),
        ("a = b", 3),
        ("f(a) (b)", 6),
        ("[a b]", 4),
        ("{ a = 1 b = 2 }", 9),
        ("a.(b)", 3),
        ("{ a.b = 1 }", 3),
        ("[for x of y : x]", 8),
        ("{for k, v in y : v}", 19),
        ('"${a b}"', 6),
        ('"${a +}"', 7),
        ('"%{ if a b }c%{ endif }"', 10),
        ('"%{ unless a }b%{ endif }"', 5),
        ("a <<EOT", 3),
        ("a // comment", 3),
        ("((((" * 500, 1),
    ],
)
def test_parts_that_do_not_form_one_expression_are_refused(text: str, character: int) -> None:
    with pytest.raises(UnreadableExpression) as caught:
        parse_expression(text)

    assert caught.value.character == character


@pytest.mark.parametrize(
    ("text", "character", "problem"),
    [
        ("", 1, "unexpected end of an expression"),
        ("a +", 4, "unexpected end of an expression"),
        ("f(a -)", 6, "unexpected end of an expression"),
        ("a.", 3, "unexpected end of an expression"),
        ("* a", 1, "unexpected * in an expression"),
        ("a == ? b : c", 6, "unexpected ? in an expression"),
        ("()", 2, "unexpected ) in an expression"),
        ("[,]", 2, "unexpected , in an expression"),
        (")", 1, "unexpected ) in an expression"),
        ("(a", 3, "missing ) in an expression"),
        ("(a, b)", 1, "missing ) in an expression"),
        ("(a,)", 1, "missing ) in an expression"),
        ("a[0, 1]", 2, "missing ] in an expression"),
        ("a[0,]", 2, "missing ] in an expression"),
        ("f(a}", 4, "missing ) in an expression"),
        ("a ? b", 6, "missing : in an expression"),
    ],
)
def test_a_malformed_expression_has_the_reason(text: str, character: int, problem: str) -> None:
    with pytest.raises(MalformedExpression) as caught:
        parse_syntax(text)

    assert (caught.value.character, caught.value.problem) == (character, problem)


@pytest.mark.parametrize("text", ["$" * 500_000, "%" * 500_000, "{" + "$" * 500_000])
def test_a_long_run_of_markers_is_read_once(text: str) -> None:
    assert parse_template(text) == (text,)
