"""What stands behind the colon of a declaration: `R^(n x m)`, `R^2 -> R`, `symmetric`.

The `x` between sizes is the multiplication sign there, whatever else is called x.
"""

from __future__ import annotations

from chainrule.errors import PaperError
from chainrule.paper.formulas import Formulas
from chainrule.paper.lexer import LINE, NAME, NUMBER, Token, span_of
from chainrule.paper.syntax import AbstractDefinition, Declaration, Name, Number, Space

__all__ = ["Declarations"]

REALS = frozenset(("R", "ℝ"))
TIMES = frozenset(("x", "×"))
LARGEST_SIZE = 1_000_000  # what an array holds in all
EXPECTED = "a space, such as R, R^2 or R^(n x m), or a fact, such as positive"
DIGITS = len(str(LARGEST_SIZE))


class Declarations(Formulas):
    """One method per rule of the grammar; each consumes the tokens of what it returns."""

    def is_declaration(self) -> bool:
        """Whether the statement here reads NAME, …, NAME : …"""
        ahead = 1
        while self.peek(ahead)[0] == "," and self.peek(ahead + 1)[0] == NAME:
            ahead += 2
        return self.peek(ahead)[0] == ":"

    def declaration(self) -> Declaration | AbstractDefinition:
        start = self.peek()
        names = [self.declared_name()]
        while self.kind == ",":
            self.advance()
            names.append(self.declared_name())
        self.advance()
        if self.kind == LINE:
            raise self.error(f"After the colon stands {EXPECTED}.", self.peek(-1))
        space: Space | None = None
        facts: list[Name] = []
        if self.starts_space():
            spaces = self.spaces()
            if self.kind == "->":
                return self.abstract(names, spaces)
            if len(spaces) > 1:
                raise self.error("A product of spaces stands before ->.", self.peek(-1))
            space = spaces[0]
        else:
            facts.append(self.fact())
        while self.kind == ",":
            self.advance()
            facts.append(self.fact())
        return Declaration(self.since(start[2]), tuple(names), space, tuple(facts))

    def declared_name(self) -> Name:
        token = self.definable(self.advance())
        return Name(span_of(token), token[1])

    def abstract(self, names: list[Name], inputs: list[Space]) -> AbstractDefinition:
        if len(names) > 1:
            raise PaperError("Each function has a line of its own.").at(self.source, names[1].span)
        self.advance()
        if not self.starts_space():
            raise self.error("After -> stands the space of the values: R or R^2.", self.peek(-1))
        output = self.space()
        if self.kind == "->":
            raise self.error("A function has one arrow: f : R^2 x R^3 -> R.", self.peek())
        if self.kind == ",":
            raise self.error("Facts are about quantities, and this is a function.", self.peek())
        span, name = self.since(names[0].span.start), names[0]
        return AbstractDefinition(span, name.name, name.span, tuple(inputs), output)

    def starts_space(self) -> bool:
        return self.kind == NAME and self.peek()[1] in REALS

    def spaces(self) -> list[Space]:
        """`R^2`, or the factors of `R^2 x R^3`."""
        found = [self.space()]
        while self.peek()[1] in TIMES:
            if not (self.peek(1)[0] == NAME and self.peek(1)[1] in REALS):
                raise self.error(self._without_parentheses(found[-1]), self.peek())
            self.advance()
            found.append(self.space())
        return found

    def _without_parentheses(self, space: Space) -> str:
        after = self.peek(1)[1] if self.peek(1)[0] in (NAME, NUMBER) else "m"
        sizes = [*(self.source.slice(size.span) for size in space.sizes), after]
        return f"Several sizes stand in parentheses: R^({' x '.join(sizes)})."

    def space(self) -> Space:
        start = self.advance()
        if self.kind == NUMBER:
            raise self.error(f"Sizes stand behind ^: R^{self.peek()[1]}.", self.peek())
        if self.kind != "^":
            return Space(self.since(start[2]), ())
        self.advance()
        if self.kind != "(":
            size = self.size()
            return Space(self.since(start[2]), (size,))
        self.advance()
        sizes = [self.size()]
        while self.kind != ")":
            if self.peek()[1] not in TIMES:
                message = "Between two sizes stands x, as in R^(2 x n); a size is no formula."
                raise self.error(message, self.peek())
            self.advance()
            sizes.append(self.size())
        self.advance()
        return Space(self.since(start[2]), tuple(sizes))

    def size(self) -> Number | Name:
        token = self.peek()
        kind, text, _ = token
        if kind == NAME and _is_run_together(text):
            spread = " x ".join(text.split("x"))
            raise self.error(f"Write R^({spread}) with spaces: {text} is one name.", token)
        if kind == NAME or (kind == NUMBER and _is_length(text)):
            self.advance()
            return Name(span_of(token), text) if kind == NAME else Number(span_of(token), text)
        at = token if kind != LINE else self.peek(-1)
        raise self.error(f"A size is a whole number from 1 to {LARGEST_SIZE:,} or a name.", at)

    def fact(self) -> Name:
        if self.kind != NAME:
            at = self.peek() if self.kind != LINE else self.peek(-1)
            raise self.error(f"Here stands {EXPECTED}.", at)
        token = self.advance()
        if token[1] in REALS:
            message = "A space stands once, before the facts: A : R^2, positive."
            raise self.error(message, token)
        if self.kind == NAME:
            words = f"{token[1]}_{self.peek()[1]}"
            raise self.error(f"A fact is one word: {words}; several have commas.", self.peek())
        return Name(span_of(token), token[1])

    def definable(self, name: Token) -> Token:
        """The token of a name that a text may give a meaning."""
        raise NotImplementedError


def _is_length(number: str) -> bool:
    return number.isdecimal() and len(number) <= DIGITS and 0 < int(number) <= LARGEST_SIZE


def _is_run_together(name: str) -> bool:
    """Whether a name reads like sizes without spaces: nxm, nx3."""
    parts = name.split("x")
    return len(parts) > 1 and all(part.isdecimal() or len(part) == 1 for part in parts)
