"""Which quotients are derivatives: `dl/dW1` is one where l and W1 are defined and dl is not.

Only quotients without white space can be: `dl / dW1` always divides.
"""

from __future__ import annotations

from chainrule.errors import NameProblem, PaperError
from chainrule.graph.source import Source, Span
from chainrule.paper import wording
from chainrule.paper.cursor import touching
from chainrule.paper.lexer import LINE, NAME, Token, span_of
from chainrule.paper.syntax import Call, Expression, Index, Name

__all__ = ["Differentials", "parameters_at", "without_d"]


class Differentials:
    """The names that a text defines, and so what `dA/dB` means in it."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.defined = _defined_names(tokens)
        self.parameters: tuple[str, ...] = ()  # of the function being read

    def knows(self, name: str) -> bool:
        return name in self.defined or name in self.parameters

    def is_derivative(self, start: int, slash: int, above: Expression) -> bool:
        """Whether the quotient of `above`, whose tokens begin at `start`, is a derivative.

        Raises:
            PaperError: it has two readings.
            NameProblem: it has none, because a name is missing.
        """
        upper, lower = self.tokens[start], self.tokens[slash + 1]
        return (
            _is_differential(lower)
            and (_is_differential(upper) or _is_d_of_one(above))
            and touching(self.tokens, slash)
            and touching(self.tokens, slash + 1)
            and self._is_read(upper, lower)
        )

    def _is_read(self, above: Token, below: Token) -> bool:
        """Whether `dA/dB` is a derivative: A and B are defined, and dA is not."""
        differentials = [token for token in (above, below) if token[1] != "d"]
        missing = [token for token in differentials if not self.knows(token[1][1:])]
        if self.knows(above[1]):
            if missing:
                return False
            message = wording.two_readings(above[1], below[1])
            raise PaperError(message).at(self.source, span_of(above).to(span_of(below)))
        if missing:
            raise self._unreadable(above, below, missing)
        return True

    def _unreadable(self, above: Token, below: Token, missing: list[Token]) -> NameProblem:
        known = [*self.defined, *self.parameters]
        if missing[1:] or (above[1] != "d" and self.knows(below[1])):
            names = [token[1][1:] for token in missing]
            message = wording.no_quotient(above[1], below[1], names, known)
            return NameProblem(message).at(self.source, span_of(above))
        _, text, place = missing[0]
        message = wording.undefined_differential(text, known)
        return NameProblem(message).at(self.source, Span(place + 1, place + len(text)))


def without_d(above: Expression) -> Expression:
    """The quantity in `dl`, `dS[0]` or `d(expression)`."""
    if isinstance(above, Call):
        return above.arguments[0]
    span = Span(above.span.start + 1, above.span.stop)
    if isinstance(above, Index):
        return Index(span, without_d(above.operand), above.indices)
    assert isinstance(above, Name)
    return Name(span, above.name[1:])


def parameters_at(tokens: list[Token], start: int) -> list[Token]:
    """The parameters if the tokens from `start` read NAME(NAME, …) =, otherwise none."""
    parameters: list[Token] = []
    place = start + 1
    while tokens[place][0] == ("," if parameters else "(") and tokens[place + 1][0] == NAME:
        parameters.append(tokens[place + 1])
        place += 2
    if parameters and tokens[place][0] == ")" and tokens[place + 1][0] == "=":
        return parameters
    return []


def _defined_names(tokens: list[Token]) -> dict[str, None]:
    """The names before `=`, `:=`, `(parameters) =` or `:` at the start of a statement.

    In their order, so that a suggestion is the same each time.
    """
    starts = [place for place, token in enumerate(tokens, 1) if token[0] == LINE]
    found: dict[str, None] = {}
    for start in (0, *starts):
        found |= dict.fromkeys(_defined_at(tokens, start))
    return found


def _defined_at(tokens: list[Token], start: int) -> list[str]:
    """The names that the statement there defines or declares."""
    if tokens[start][0] != NAME:
        return []
    if tokens[start + 1][0] in ("=", ":=") or parameters_at(tokens, start):
        return [tokens[start][1]]
    names = [tokens[start][1]]
    place = start + 1
    while tokens[place][0] == "," and tokens[place + 1][0] == NAME:
        names.append(tokens[place + 1][1])
        place += 2
    return names if tokens[place][0] == ":" else []


def _is_differential(token: Token) -> bool:
    """Whether the token is a d with a name directly after it."""
    kind, text, _ = token
    return kind == NAME and text[0] == "d" and (text[1:2].isalpha() or text[1:2] == "_")


def _is_d_of_one(above: Expression) -> bool:
    return isinstance(above, Call) and len(above.arguments) == 1 and not above.keywords
