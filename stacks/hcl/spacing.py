"""Formats an expression on one line, as `terraform fmt` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stacks.expressions.tree import CLOSING, Bracket, Expression, Object, Part, Quoted, Token

COMMA = Token("operator", ",")
EQUALS = Token("operator", "=")

# A minus after one of these is a sign, not a subtraction.
_BEFORE_SIGN = frozenset(["(", "{", "[", *"=:,?+*/%-!<>", "==", "!=", ">=", "<=", "&&", "||"])
_TEMPLATE_OPENINGS = frozenset({"${", "${~", "%{", "%{~"})


def flat(expression: Expression) -> str:
    """`expression` on one line."""
    return spaced(tokens(expression))


def spaced(stream: Iterable[Token]) -> str:
    """The tokens, separated by spaces where `terraform fmt` has them."""
    line: list[str] = []
    before: Token | None = None
    current: Token | None = None
    for token in stream:
        if current is not None and _space_between(before, current, token):
            line.append(" ")
        line.append(token.text)
        before, current = current, token
    return "".join(line)


def tokens(expression: Expression) -> Iterator[Token]:
    """The expression's tokens in order, brackets among them. Its strings are tokens already (`strings.written`)."""
    for part in expression:
        assert not isinstance(part, Quoted)
        if isinstance(part, Token):
            yield part
        else:
            yield from _bracket_tokens(part)


def _bracket_tokens(part: Bracket | Object) -> Iterator[Token]:
    opening, items = opened(part)
    yield Token("open", opening)
    for index, item in enumerate(items):
        if index:
            yield COMMA
        yield from tokens(item)
    yield Token("close", CLOSING[opening])


def opened(part: Bracket | Object) -> tuple[str, tuple[tuple[Part, ...], ...]]:
    """The opening bracket and the items between the commas."""
    if isinstance(part, Bracket):
        return part.opening, part.items
    return "{", tuple((*key, EQUALS, *value) for key, value in part.entries)


def _space_between(before: Token | None, token: Token, after: Token) -> bool:
    """The rules of `spaceAfterToken` in hclwrite/format.go, in its order."""
    if token.kind == "name" and after.text == "(":
        return False
    if "." in (token.text, after.text) or "::" in (token.text, after.text) or after.text in (",", "..."):
        return False
    if token.text == "," or (token.text == "in" and before is not None and before.kind == "name"):
        return True
    if after.text == "[" and token.kind in ("name", "number", "close", "template end"):
        return False
    if token.text == "!":
        return False
    if token.text == "-":
        return before is not None and before.text not in _BEFORE_SIGN
    return _space_at_bracket(token, after)


def _space_at_bracket(token: Token, after: Token) -> bool:
    closes_brace = after.kind == "close" and after.text == "}"
    if token.text == "{" or closes_brace:
        return not (token.text == "{" and closes_brace)
    if token.text in _TEMPLATE_OPENINGS and after.text == "{":
        return True
    if token.text == "}" and token.kind == "close" and after.kind == "template end":
        return True
    return token.kind != "open" and after.kind not in ("close", "template end")
