"""Explanations as lines of text, for a terminal or a pipe.

A line is spans of text, each with a style; a pipe drops the styles, and rich is loaded only if
somebody is looking.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence

from chainrule.explain.explanation import Explanation, Sentence, Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.boxes import Box, cells
from chainrule.explain.printers.equations import equation
from chainrule.explain.printers.laid_out import fitted
from chainrule.explain.printers.texts import shape_in_brackets, visible
from chainrule.graph.record import Record
from chainrule.notation.formula import Formula

__all__ = ["PIPE_WIDTH", "STYLES", "Span", "show", "terminal_lines", "text_lines"]

PIPE_WIDTH = 96
WIDEST_PROSE = 96  # sentences are not read from one side of a large screen to the other
NARROWEST = 20
STEP = 2  # cells that whatever belongs to a step is indented by
HANGING = 2  # and the lines of a sentence after its first
DEEPEST_SHARE = 3  # a third of the width at most is given away to indents
NOTE_GAP = "   "
FEW_WORDS = 20  # a remark that is not longer stands beside its equation
UNBROKEN = ("what", "shape")

Span = tuple[str, str]  # a text and the name of its style
StyledLine = tuple[Span, ...]
STYLES = {
    "title": "bold",
    "heading": "bold",
    "what": "bold",
    "shape": "dim",
    "rule": "cyan",
    "why": "dim",
    "remark": "dim italic",
    "about": "yellow",
}


def show(explanation: Explanation) -> None:
    """Print an explanation to standard output, in colour where that is a terminal."""
    if not sys.stdout.isatty():
        for line in text_lines(explanation):
            print(line)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    is_plain = bool(os.environ.get("NO_COLOR"))
    for spans in terminal_lines(explanation, console.width):
        styled = [(text, "" if is_plain else STYLES.get(style, "")) for text, style in spans]
        console.print(Text.assemble(*styled))


def text_lines(explanation: Explanation, width: int = PIPE_WIDTH) -> Iterator[str]:
    """The lines of an explanation, without styles and trailing spaces."""
    for spans in terminal_lines(explanation, width):
        yield "".join(text for text, _ in spans).rstrip()


def terminal_lines(explanation: Explanation, width: int = PIPE_WIDTH) -> Iterator[StyledLine]:
    """The lines of an explanation, no longer than the width wherever something can be broken.

    Control characters, of whatever origin, come out as �.
    """
    page = _Page(max(width, NARROWEST), explanation.language)
    for spans in page.lines(explanation):
        yield tuple((visible(text), style) for text, style in spans)


class _Page(Record):
    """A width and a language.  Whatever is printed is indented by so many cells."""

    width: int
    language: str

    def lines(self, explanation: Explanation) -> Iterator[StyledLine]:
        title = fitted(explanation.title, self.width, self.language)
        yield from self.boxed(title, "title", 0)
        yield (("=" * title.width, "title"),)
        for step in explanation.steps:
            yield ()
            yield from self.step(step, 0)

    def step(self, step: Step, indent: int) -> Iterator[StyledLine]:
        deeper = self.deeper(indent)
        if step.kind == "part":
            yield from self.words(self.said(step.title, "heading"), indent)
            yield from self.words(self.said(step.why, "why"), deeper)
            yield from self.sentences(step.remarks, deeper)
            yield from self.steps(step.steps, deeper)
        elif step.kind == "remark":
            yield from self.sentences(step.remarks, indent)
            yield from self.steps(step.steps, deeper, deeper)
        else:
            lines, sign = self.quantity(step, indent)
            yield from lines
            yield from self.steps(step.steps, deeper, sign)

    def steps(
        self, steps: Sequence[Step], indent: int, sign: int | None = None
    ) -> Iterator[StyledLine]:
        """Steps of a single line stand close together, others have empty lines around them.

        `sign` is where = stands in the step above that they belong to, if there is one: an equation
        without a left side goes on from there.
        """
        was_tall, has_neighbour = False, sign is not None
        for step in steps:
            goes_on = step.kind == "quantity" and step.what is None and bool(step.sides)
            lines = list(self.step(step, sign if goes_on and sign is not None else indent))
            is_tall = _is_drawn(lines) if goes_on else len(lines) > 1 and step.kind != "remark"
            if has_neighbour and (is_tall or was_tall):
                yield ()
            yield from lines
            was_tall, has_neighbour = is_tall, True

    def quantity(self, step: Step, indent: int) -> tuple[list[StyledLine], int]:
        """What is found and what it is equal to, and where the sign of the equation stands.

        The rule stands beside it or, if that is explained or there is no room, above it; what goes
        on from the equation above is explained below it.
        """
        if not step.sides:
            return [*self.head(step, indent), *self.rest(step, indent)], self.deeper(indent)
        if step.what is None:
            return self.continued(step, indent), indent
        is_explained = step.rule is not None and step.why is not None
        note = self.said(step.rule, "rule") + self.said(step.why, "why")
        if step.shape and (note or all(side.role != "result" for side in step.sides)):
            note = [(shape_in_brackets(step.shape), "shape"), *note]
        found = equation(step.what, step.sides, self.room(indent), self.language)
        if not is_explained and self.has_room(note, found, indent):
            return self.annotated(step, found, note, indent), self.sign(step.what, found, indent)
        deeper = self.deeper(indent)
        found = equation(None, step.sides, self.room(deeper), self.language)
        lines = [*self.head(step, indent), *self.boxed(found, "", deeper)]
        return [*lines, *self.rest(step, indent)], deeper

    def sign(self, what: Formula, found: Box, indent: int) -> int:
        """Where the sign of an equation stands: behind its left side, else on the line below."""
        at = fitted(what, self.room(indent), self.language).width + 1
        if found.lines[found.baseline][at : at + 1] in ("=", "≈"):
            return self.deeper(indent, at)
        return self.deeper(indent)

    def annotated(self, step: Step, found: Box, note: list[Span], indent: int) -> list[StyledLine]:
        """An equation with words at its right, and below it what does not fit there."""
        remarks = step.remarks
        if len(remarks) == 1:
            (said,) = self.said(remarks[0], "remark")
            if cells(said[0]) <= FEW_WORDS and self.has_room([*note, said], found, indent):
                note, remarks = [*note, said], ()
        lines = list(self.boxed(found, "", indent))
        lines[found.baseline] += tuple(span for one in note for span in ((NOTE_GAP, ""), one))
        return [*lines, *self.sentences(remarks, self.deeper(indent))]

    def continued(self, step: Step, indent: int) -> list[StyledLine]:
        """The equation above goes on: its rule beside the new side, its reason below."""
        found = equation(None, step.sides, self.room(indent), self.language)
        rule, why = self.said(step.rule, "rule"), self.said(step.why, "why")
        fits = self.has_room(rule, found, indent)
        lines = self.annotated(Step("quantity"), found, rule if fits else [], indent)
        below = why if fits else _introduced(rule, why)
        return [*lines, *self.words(below, self.deeper(indent)), *self.rest(step, indent)]

    def has_room(self, note: Sequence[Span], found: Box, indent: int) -> bool:
        """Whether words fit to the right of an equation; none always do."""
        length = sum(len(NOTE_GAP) + cells(text) for text, _ in note)
        line = found.lines[found.baseline].rstrip()
        return not note or cells(line) + length <= self.room(indent)

    def head(self, step: Step, indent: int) -> Iterator[StyledLine]:
        """What is found, its shape, by which rule and why."""
        spans: list[Span] = []
        if step.what is not None:
            what = fitted(step.what, self.room(indent), self.language)
            if what.height > 1:
                yield from self.boxed(what, "what", indent)
            else:
                spans.append((what.lines[0], "what"))
        if step.shape:
            spans.append((shape_in_brackets(step.shape), "shape"))
        rule, why = self.said(step.rule, "rule"), self.said(step.why, "why")
        yield from self.words([*spans, *_introduced(rule, why)], indent)

    def rest(self, step: Step, indent: int) -> Iterator[StyledLine]:
        return self.sentences(step.remarks, self.deeper(indent))

    def sentences(self, remarks: Sequence[Sentence], indent: int) -> Iterator[StyledLine]:
        for remark in remarks:
            yield from self.words(self.said(remark, "remark"), indent)

    def said(self, sentence: Sentence | None, style: str) -> list[Span]:
        return [] if sentence is None else [(say(sentence, self.language), style)]

    def boxed(self, found: Box, style: str, indent: int) -> Iterator[StyledLine]:
        """The lines of a box; where it has no style, `≈` is made to be seen."""
        for line in map(str.rstrip, found.lines):
            if style or " ≈ " not in f" {line} ":
                yield ((" " * indent, ""), (line, style))
                continue
            parts = [(part, "about" if part == "≈" else "") for part in re.split("(≈)", line)]
            yield ((" " * indent, ""), *parts)

    def words(self, spans: Sequence[Span], indent: int) -> Iterator[StyledLine]:
        """Spans filled into lines, later lines indented."""
        room = min(self.room(indent), WIDEST_PROSE)
        for at, line in enumerate(_filled(spans, room)):
            yield ((" " * (indent + HANGING * bool(at)), ""), *line)

    def deeper(self, indent: int, by: int = STEP) -> int:
        return min(indent + by, max(indent, self.width // DEEPEST_SHARE))

    def room(self, indent: int) -> int:
        return self.width - indent


def _introduced(rule: list[Span], why: list[Span]) -> list[Span]:
    """A rule and its reason, with a colon between them."""
    return [*[(f"{text}:" if why else text, style) for text, style in rule], *why]


def _is_drawn(lines: Sequence[StyledLine]) -> bool:
    """Whether there are brackets of more than one line."""
    return any(corner in text for line in lines for text, _ in line for corner in "⎡⎛⎧")


def _filled(spans: Sequence[Span], room: int) -> list[list[Span]]:
    """Words in as few lines as the room allows; all lines but the first have HANGING less."""
    lines: list[list[Span]] = [[]]
    used, gap = 0, ""
    for text, style in spans:
        for word in [text] if style in UNBROKEN else _words(text, room - HANGING):
            limit = room - HANGING * (len(lines) > 1)
            if lines[-1] and used + len(gap) + cells(word) > limit:
                lines.append([])
                used, gap = 0, ""
            if lines[-1] and lines[-1][-1][1] == style:
                lines[-1][-1] = (lines[-1][-1][0] + gap + word, style)
            else:
                lines[-1].append((gap + word, style))
            used += len(gap) + cells(word)
            gap = "  " if style in UNBROKEN else " "
    return [line for line in lines if line]


def _words(text: str, widest: int) -> Iterator[str]:
    """The words of a text; one that is longer than a line comes in parts."""
    for word in text.split():
        part = ""
        for character in word if cells(word) > widest else ():
            if cells(part + character) > widest:
                yield part
                part = ""
            part += character
        yield part or word
