"""Where a thing was written: a source text, a span in it, and the line with its caret."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from chainrule.graph.record import Record

__all__ = ["Source", "Span"]

LINE_WIDTH = 100  # a longer source line is shown as a window around the caret


class Span(Record):
    """Characters `start` up to, not including, `stop` of a source text."""

    start: int
    stop: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.start, other.stop)


class Source(Record):
    """A text a user wrote and the path it came from.

    >>> source = Source("x = 1\\ny = z\\n", "demo.chain")
    >>> source.position(Span(10, 11))
    (2, 5)
    >>> print(source.excerpt(Span(10, 11)))
        y = z
            ^
    """

    text: str
    path: str = "<text>"

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        while (found := self.text.find("\n", starts[-1])) >= 0:
            starts.append(found + 1)
        return starts

    def position(self, span: Span) -> tuple[int, int]:
        """Line and column of the span's first character, both counted from 1."""
        line = bisect_right(self._line_starts, span.start)
        return line, span.start - self._line_starts[line - 1] + 1

    def slice(self, span: Span) -> str:
        """The text of the span."""
        return self.text[span.start : span.stop]

    def excerpt(self, span: Span) -> str:
        """The source line of the span, indented, with carets under the span."""
        line, column = self.position(span)
        start = self._line_starts[line - 1]
        stop = self.text.find("\n", start)
        content = self.text[start : stop if stop >= 0 else len(self.text)].rstrip("\r")
        first = column - 1
        width = max(1, min(span.stop - span.start, len(content) - first))
        if len(content) > LINE_WIDTH:
            left = max(0, first - LINE_WIDTH // 2)
            prefix = "…" if left else ""
            suffix = "…" if left + LINE_WIDTH < len(content) else ""
            content = prefix + content[left : left + LINE_WIDTH] + suffix
            first += len(prefix) - left
            width = max(1, min(width, len(content) - first))
        padding = "".join(" " if c.isprintable() else c for c in content[:first])
        padding = "".join("\t" if c == "\t" else " " for c in padding)
        shown = "".join(
            c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in content
        )
        return f"    {shown}\n    {padding}{'^' * width}"
