"""A formula: the tokens of one expression to its tree, by recursive descent.

Precedence, loosest first: comparison; `+ -`; `* / @ ·`; unary `- +`; `^`, from the right;
`∘`; calls, indices and transposes; names, numbers, brackets and derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chainrule.errors import PaperError
from chainrule.graph.source import Source, Span
from chainrule.paper import wording
from chainrule.paper.cursor import Cursor, touching
from chainrule.paper.differentials import Differentials, without_d
from chainrule.paper.lexer import NAME, NUMBER, Token, span_of
from chainrule.paper.suggest import quoted
from chainrule.paper.syntax import (
    COMPARISON,
    LEVELS,
    Bracket,
    Call,
    Composition,
    Derivative,
    Expression,
    Index,
    Name,
    Negative,
    Number,
    Power,
    Sequence,
    Slice,
    Transpose,
)

__all__ = ["Formulas"]

TIGHT = frozenset("([ᵀ^∘")  # what binds an operand closer than any sign before it
# A number or a name followed by anything else is an operand as it stands; `/` may make dl/dW1.
EXTENDS = TIGHT | {"/"}

Item = TypeVar("Item")


class Formulas(Cursor):
    """One method per rule of the grammar; each consumes the tokens of what it returns."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        super().__init__(source, tokens)
        self.differentials = Differentials(source, tokens)

    # Operators

    def expression(self, loosest: int = COMPARISON) -> Expression:
        """Operands joined by operators that bind as tightly as `loosest`, or tighter."""
        start = self.tokens[self.position][2]
        outside, self.deepest = self.deepest, self.depth
        left = self.unary()
        while (level := LEVELS.get(self.kind, 0)) >= loosest:
            rest: list[tuple[str, Span, Expression]] = []
            while LEVELS.get(self.kind) == level:
                if level == COMPARISON and rest:
                    message = "Comparisons cannot be chained. Write each of them on its own."
                    raise self.error(message, self.peek())
                sign = self.advance()
                rest.append((sign[0], span_of(sign), self.expression(level + 1)))
            self.deepen(self.deepest + 1)
            left = Sequence(self.since(start), left, tuple(rest))
        self.deepest = max(outside, self.deepest)
        return left

    def unary(self) -> Expression:
        kind = self.kind
        if kind in ("-", "+"):
            return self.signed()
        if kind in (NUMBER, NAME) and self.peek(1)[0] not in EXTENDS:
            return self.atom()  # most operands: the methods below would come to the same
        return self.power()

    def signed(self) -> Expression:
        sign = self.advance()
        if sign[0] == "-" and self.kind == NUMBER and self.peek(1)[0] not in TIGHT:
            number = self.advance()
            return Number(self.since(sign[2]), "-" + number[1])
        self.enter()
        operand = self.unary()
        self.leave()
        return operand if sign[0] == "+" else Negative(self.since(sign[2]), operand)

    def power(self) -> Expression:
        start = self.peek()[2]
        base = self.composition()
        if self.kind != "^":
            return base
        self.advance()
        self.enter()
        exponent = self.unary()
        self.leave()
        return Power(self.since(start), base, exponent)

    def composition(self) -> Expression:
        start = self.peek()[2]
        functions = [self.postfix()]
        while self.kind == "∘":
            self.advance()
            functions.append(self.postfix())
        return Composition(self.since(start), tuple(functions)) if functions[1:] else functions[0]

    def postfix(self) -> Expression:
        start = self.peek()[2]
        outside, self.deepest = self.deepest, self.depth
        operand = self.primary()
        while self.kind in ("(", "[", "ᵀ"):
            self.deepen(self.deepest + 1)
            operand = self.applied(operand, start)
        self.deepest = max(outside, self.deepest)
        return operand

    def applied(self, operand: Expression, start: int) -> Expression:
        if self.kind == "ᵀ":
            self.advance()
            return Transpose(self.since(start), operand)
        if isinstance(operand, Number):
            raise self.error(*wording.unexpected(self.tokens, self.position))
        return self.call(operand, start) if self.kind == "(" else self.index(operand, start)

    # Operands

    def primary(self) -> Expression:
        if self.kind == NAME and self.peek()[1][0] == "d":
            return self.name_or_derivative()
        if self.kind in (NAME, NUMBER):
            return self.atom()
        if self.kind == "(":
            return self.parenthesised()
        if self.kind == "[":
            return self.bracket()
        if self.kind == "∂":
            return self.derivative()
        raise self.error(*wording.missing_operand(self.tokens, self.position))

    def atom(self) -> Name | Number:
        kind, text, place = self.advance()
        span = Span(place, place + len(text))
        if text == "index_base":
            raise PaperError("index_base is a setting, not a value.").at(self.source, span)
        return Name(span, text) if kind == NAME else Number(span, text)

    def parenthesised(self) -> Expression:
        opening = self.advance()
        items = self.listed(self.expression)
        if len(items) > 1:
            raise self.error("A list of values stands in brackets: [1, 2].", opening)
        return items[0]

    def bracket(self) -> Bracket:
        start = self.advance()[2]
        items = self.listed(self.stacked)
        return Bracket(self.since(start), items)

    def stacked(self) -> Expression:
        """An entry of brackets; `[1 -2]`, two entries elsewhere, is refused as one."""
        start = self.peek()[2]
        entry = self.expression()
        if isinstance(entry, Sequence) and entry.span.start == start:  # not in parentheses
            self.check_signs(entry)
        return entry

    def check_signs(self, entry: Sequence) -> None:
        """Refuse a sign with white space before it and none after it."""
        left, text = entry.first, self.source.text
        for sign, span, right in entry.rest:
            alone = text[span.start - 1].isspace() and not text[span.stop].isspace()
            if alone and sign in ("+", "-"):
                raise PaperError(wording.signed_entry(left, sign, right)).at(self.source, span)
            left = right

    def listed(self, item: Callable[[], Item]) -> tuple[Item, ...]:
        """Items separated by commas and the bracket that closes them; the lexer paired it."""
        self.enter()
        items = [item()]
        while self.kind == ",":
            self.advance()
            items.append(item())
        if self.kind not in (")", "]"):
            raise self.error(*wording.unexpected(self.tokens, self.position))
        self.advance()
        self.leave()
        return tuple(items)

    def index(self, operand: Expression, start: int) -> Index:
        self.advance()
        indices = self.listed(self.index_item)
        return Index(self.since(start), operand, indices)

    def index_item(self) -> Expression | Slice:
        start = self.peek()[2]
        first = None if self.kind == ":" else self.expression()
        if first is not None and self.kind != ":":
            return first
        parts = [first]
        while self.kind == ":" and len(parts) < 3:
            self.advance()
            parts.append(None if self.kind in (":", ",", "]") else self.expression())
        parts += [None] * (3 - len(parts))
        return Slice(self.since(start), *parts)

    def call(self, function: Expression, start: int) -> Call:
        self.advance()
        if self.kind == ")":
            self.advance()
            return Call(self.since(start), function, (), ())
        positional: list[Expression] = []
        keywords: dict[str, Expression] = {}
        for name, value in self.listed(self.argument):
            if name is None and keywords:
                message = "Arguments without a name stand before those with one."
                raise PaperError(message).at(self.source, value.span)
            if name is None:
                positional.append(value)
            elif name[1] in keywords:
                raise self.error(f"{quoted(name[1])} is given twice.", name)
            else:
                keywords[name[1]] = value
        return Call(self.since(start), function, tuple(positional), tuple(keywords.items()))

    def argument(self) -> tuple[Token | None, Expression]:
        if self.kind == NAME and self.peek(1)[0] == "=":
            name = self.advance()
            self.advance()
            return name, self.expression()
        return None, self.expression()

    # Derivatives

    def derivative(self) -> Derivative:
        """`∂l/∂W1`, `∂S[0]/∂O[1]`, `∂(expression)/∂W1`."""
        sign = self.advance()
        self.enter()
        of = self.differential()
        if self.kind != "/" or self.peek(1)[0] != "∂":
            raise self.error("This ∂ needs another below it, as in ∂l/∂x or ∂(l + m)/∂x.", sign)
        self.advance()
        self.advance()
        wrt = self.differential()
        self.leave()
        return Derivative(self.since(sign[2]), of, wrt)

    def differential(self) -> Expression:
        """What a ∂ applies to: a name, an entry of one, or anything in parentheses."""
        if self.kind == "(":
            return self.parenthesised()
        if self.kind != NAME:
            message = "After ∂ stands a name or an expression in parentheses."
            raise self.error(message, self.peek(-1))
        return self.entry(self.atom())

    def entry(self, name: Expression) -> Expression:
        return self.index(name, name.span.start) if self.kind == "[" else name

    def name_or_derivative(self) -> Expression:
        """A name that starts with d, or `dl/dW1`, `dS[0]/dO[1]`, `d(expression)/dW1`.

        These are derivatives only where no white space separates the parts and only if the
        names that are defined say so.
        """
        start = self.position
        above = self.upper_part()
        if self.kind != "/" or not self.differentials.is_derivative(start, self.position, above):
            return above
        self.advance()
        _, text, place = self.advance()
        wrt = self.entry(Name(Span(place + 1, place + len(text)), text[1:]))
        return Derivative(self.since(above.span.start), without_d(above), wrt)

    def upper_part(self) -> Expression:
        """`dl`, `dS[0]` or, unless `d` is a name of the user's, `d(expression)`."""
        name = self.atom()
        if not touching(self.tokens, self.position):
            return name
        if self.kind == "[" and name.span.stop - name.span.start > 1:
            return self.index(name, name.span.start)
        if self.kind == "(" and self.peek(-1)[1] == "d" and not self.differentials.knows("d"):
            return self.call(name, name.span.start)
        return name
