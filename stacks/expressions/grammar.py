"""Converts the tree of an expression to its syntax, by operator precedence."""

from __future__ import annotations

from typing import NoReturn

from stacks.expressions.errors import MalformedExpression, UnreadableExpression
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
from stacks.expressions.tree import CLOSING, Bracket, Expression, Object, Part, Quoted, Token, is_comprehension

_PRECEDENCE = {
    operator: precedence
    for precedence, operators in enumerate(
        (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%")), 1
    )
    for operator in operators
}
_CONSTANTS = {"true": True, "false": False, "null": None}
_BARE_DIRECTIVES = ("else", "endif", "endfor")
_STAR = (Token("operator", "*"),)


def syntax(expression: Expression, text: str, end: int) -> Node:
    """The syntax of an expression. `text` is its source, which it ends in at `end`.

    Raises:
        UnreadableExpression: It is not one expression; `MalformedExpression` contains the reason.
    """
    parser = _Parser(expression, text, end)
    node = parser.expression()
    parser.expect_end()
    return node


def check_directive(expression: Expression, text: str, end: int) -> None:
    """Check the expressions in `%{ if }` and `%{ for }`. Raises the same errors as `syntax`."""
    parser = _Parser(expression, text, end)
    if parser.taken("if"):
        parser.expression()
    elif parser.taken("for"):
        parser.names()
        parser.expression()
    elif not any(map(parser.taken, _BARE_DIRECTIVES)):
        raise UnreadableExpression(text, expression[0].at + 1)
    parser.expect_end()


class _Parser:
    def __init__(self, parts: Expression, text: str, end: int) -> None:
        self._parts = parts
        self._text = text
        self._end = end
        self._next = 0

    def expression(self) -> Node:
        """A conditional, or an expression that binds more tightly."""
        node = self._binary(1)
        if not self.taken("?"):
            return node
        then = self.expression()
        self._expect(":")
        return Conditional(node, then, self.expression())

    def expect_end(self) -> None:
        if (part := self._peek()) is not None:
            raise UnreadableExpression(self._text, part.at + 1)

    def names(self) -> tuple[str, ...]:
        """The names of a `for`, and the `in` after them."""
        names = [self._name()]
        if self.taken(","):
            names.append(self._name())
        if not self.taken("in"):
            self._unreadable()
        return tuple(names)

    def taken(self, text: str) -> bool:
        """Skip the next part if it is this operator or keyword, and return whether it was."""
        part = self._peek()
        if isinstance(part, Token) and part.text == text:
            self._next += 1
            return True
        return False

    def take(self) -> Part:
        if (part := self._peek()) is None:
            raise MalformedExpression(self._text, self._end + 1, "unexpected end of an expression")
        self._next += 1
        return part

    def _peek(self) -> Part | None:
        return self._parts[self._next] if self._next < len(self._parts) else None

    def _expect(self, text: str) -> None:
        if not self.taken(text):
            raise MalformedExpression(self._text, self._here(), f"missing {text} in an expression")

    def _here(self) -> int:
        part = self._peek()
        return (self._end if part is None else part.at) + 1

    def _unreadable(self) -> NoReturn:
        raise UnreadableExpression(self._text, self._here())

    def _name(self) -> str:
        part = self._peek()
        if not isinstance(part, Token) or part.kind != "name":
            self._unreadable()
        self._next += 1
        return part.text

    def _binary(self, lowest: int) -> Node:
        node = self._unary()
        while (precedence := self._precedence()) >= lowest:
            operator = self.take()
            assert isinstance(operator, Token)
            node = BinaryOperation(operator.text, node, self._binary(precedence + 1))
        return node

    def _precedence(self) -> int:
        """The precedence of the next part; 0 when it is not a binary operator."""
        part = self._peek()
        return _PRECEDENCE.get(part.text, 0) if isinstance(part, Token) and part.kind == "operator" else 0

    def _unary(self) -> Node:
        if self.taken("!"):
            return UnaryOperation("!", self._unary())
        if self.taken("-"):
            return UnaryOperation("-", self._unary())
        node = self._primary()
        while True:
            if self.taken("."):
                node = self._member(node)
            elif isinstance(part := self._peek(), Bracket) and part.opening == "[":
                self._next += 1
                node = Splat(node) if part.items == (_STAR,) else Index(node, self._only(part))
            else:
                return node

    def _member(self, of: Node) -> Node:
        part = self.take()
        if isinstance(part, Token):
            if part.kind in ("name", "number"):
                return Member(of, part.text)
            if part.text == "*":
                return Splat(of)
        raise UnreadableExpression(self._text, part.at + 1)

    def _primary(self) -> Node:
        part = self.take()
        if isinstance(part, Quoted):
            return Text(part)
        if isinstance(part, Object):
            return Map(tuple((self._key(key), self._inner(value)) for key, value in part.entries))
        if isinstance(part, Bracket):
            return self._bracket(part)
        if part.kind == "number":
            return Number(part.text)
        if part.kind == "name":
            return self._named(part.text)
        raise MalformedExpression(self._text, part.at + 1, f"unexpected {part.text} in an expression")

    def _bracket(self, part: Bracket) -> Node:
        if is_comprehension(part):
            return self._within(part.items[0])._comprehension(part.opening)
        if part.opening == "(":
            return self._only(part)
        return List(tuple(map(self._inner, part.items)))

    def _named(self, name: str) -> Node:
        while self.taken("::"):
            name += f"::{self._name()}"
        if isinstance(part := self._peek(), Bracket) and part.opening == "(":
            self._next += 1
            return self._call(name, part)
        return Constant(_CONSTANTS[name]) if name in _CONSTANTS else Name(name)

    def _call(self, function: str, part: Bracket) -> Call:
        *others, last = part.items or ((),)
        expands = last[-1:] == (Token("operator", "..."),)
        arguments = (*others, last[:-1] if expands else last) if part.items else ()
        return Call(function, tuple(map(self._inner, arguments)), expands)

    def _key(self, key: Expression) -> str | Node:
        if len(key) == 1 and isinstance(key[0], Token) and key[0].kind == "name":
            return key[0].text
        node = self._inner(key)
        if isinstance(node, Member) and not isinstance(key[0], Bracket):
            # Terraform requires parentheses around a reference that is a key.
            raise UnreadableExpression(self._text, key[0].at + 1)
        return node

    def _only(self, part: Bracket) -> Node:
        """The expression in brackets that contain exactly one."""
        closing = CLOSING[part.opening]
        if not part.items:
            raise MalformedExpression(self._text, part.at + 2, f"unexpected {closing} in an expression")
        if len(part.items) > 1 or part.ends_with_comma:
            raise MalformedExpression(self._text, part.at + 1, f"missing {closing} in an expression")
        return self._inner(part.items[0])

    def _comprehension(self, opening: str) -> Comprehension:
        self.taken("for")
        names, items = self.names(), self.expression()
        self._expect(":")
        key, value = None, self.expression()
        if opening == "{":
            self._expect("=>")
            key, value = value, self.expression()
            self.taken("...")
        condition = self.expression() if self.taken("if") else None
        self.expect_end()
        return Comprehension(names, items, key, value, condition)

    def _inner(self, expression: Expression) -> Node:
        """The syntax of an expression within this one."""
        parser = self._within(expression)
        node = parser.expression()
        parser.expect_end()
        return node

    def _within(self, expression: Expression) -> _Parser:
        last = expression[-1] if expression else None
        end = last.at + len(last.text) if isinstance(last, Token) else self._end
        return _Parser(expression, self._text, end)
