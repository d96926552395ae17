"""The one tree of errors: what was found, what was expected, where.

A message is a sentence or two that a student can act on.  `at(source, span)` pins an
error to the text it came from; a command prints `str(error)` and exits with 2.

>>> from chainrule.graph.source import Source, Span
>>> error = NameProblem("'z' is not defined.").at(Source("y = z", "demo.chain"), Span(4, 5))
>>> print(error)
demo.chain:1:5: 'z' is not defined.
    y = z
        ^
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from chainrule.graph.source import Source, Span

__all__ = [
    "BroadcastWarning",
    "ChainruleError",
    "DataProblem",
    "DomainProblem",
    "GradientWarning",
    "NameProblem",
    "NativeWarning",
    "PaperError",
    "ShapeError",
    "TooLarge",
]


LONGEST = 300  # characters of a shortened line


class ChainruleError(Exception):
    """Anything a user of chainrule can put right."""

    def __init__(self, message: str) -> None:
        self.message = message if message.endswith((".", "?", "...")) else f"{message}."
        super().__init__(self.message)
        self.source: Source | None = None
        self.span: Span | None = None

    def at(self, source: Source, span: Span) -> Self:
        """Pin the error to a place; the first place named wins, because it is the nearest."""
        if self.source is None:
            self.source, self.span = source, span
        return self

    def shortened(self) -> Self:
        """Without the middle of very long lines: they quote what a stranger wrote."""
        self.message = "\n".join(map(_shortened, self.message.splitlines()))
        return self

    @property
    def place(self) -> tuple[str, int, int] | None:
        """Path, line and column (both from 1), if known."""
        if self.source is None or self.span is None:
            return None
        return self.source.path, *self.source.position(self.span)

    def __str__(self) -> str:
        if self.source is None or self.span is None:
            return self.message
        path, line, column = self.place or ("", 0, 0)
        excerpt = self.source.excerpt(self.span)
        shown = f"\n{excerpt}" if excerpt.strip(" \n^") else ""  # a text that is not at hand
        return f"{path}:{line}:{column}: {self.message}{shown}"


def _shortened(line: str) -> str:
    """A line without its middle, if it is longer than anybody reads."""
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 100]} … {line[-97:]}"


class PaperError(ChainruleError):
    """The paper-language text cannot be read."""


class NameProblem(ChainruleError):
    """A name is undefined, defined twice, or defined through itself."""


class ShapeError(ChainruleError):
    """Shapes do not fit together."""


class DomainProblem(ChainruleError):
    """A value lies where the operation has none, or a number is too large."""


class DataProblem(ChainruleError):
    """Data handed in cannot be used: a file, a missing or unexpected value."""


class TooLarge(ChainruleError):
    """A program asks for more than the stated limits on length, nesting, size or work."""


class GradientWarning(UserWarning):
    """A gradient is right as it stands, but is unlikely to be what was meant."""


class BroadcastWarning(GradientWarning):
    """Two arrays were broadcast to a shape that neither of them has."""


class NativeWarning(UserWarning):
    """Something runs more slowly than it could: native code is not to be had."""
