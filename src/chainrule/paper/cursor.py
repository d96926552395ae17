"""A place in the tokens that moves on, and how deep in the text it is."""

from __future__ import annotations

from chainrule.errors import PaperError, TooLarge
from chainrule.graph.source import Source, Span
from chainrule.paper.lexer import MAX_NESTING, Token, span_of

__all__ = ["Cursor", "touching"]


def touching(tokens: list[Token], at: int) -> bool:
    """Whether no white space precedes the token at this place."""
    _, text, place = tokens[at - 1]
    return place + len(text) == tokens[at][2]


class Cursor:
    """What the rules of a grammar read their tokens with."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.position = 0
        self.kind = tokens[0][0]  # of the token at `position`
        self.depth = 0  # of what is being read
        self.deepest = 0  # reached in the operand being read

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[self.position + ahead]

    def advance(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        self.kind = self.tokens[self.position][0]
        return token

    def since(self, start: int) -> Span:
        """From `start` to the end of the last token consumed."""
        _, text, place = self.tokens[self.position - 1]
        return Span(start, place + len(text))

    def error(self, message: str, token: Token) -> PaperError:
        """An error at this token."""
        return PaperError(message).at(self.source, span_of(token))

    # Depth: no tree is so deep that walking it recursively exhausts the stack.  Brackets, signs
    # and exponents are counted on the way down.  A sequence, call, index or transpose shows up
    # only after its first operand and puts all of that one deeper, hence `deepest`.

    def enter(self) -> None:
        """Go one deeper, because of the token consumed last."""
        self.depth += 1
        if self.depth > self.deepest:
            self.deepen(self.depth)

    def deepen(self, depth: int) -> None:
        self.deepest = depth
        if depth > MAX_NESTING:
            message = f"Expressions are nested more than {MAX_NESTING} deep."
            raise TooLarge(message).at(self.source, span_of(self.peek(-1)))

    def leave(self) -> None:
        self.depth -= 1
