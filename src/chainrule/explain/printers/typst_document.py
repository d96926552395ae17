"""Explanations as documents in Typst, from which the PDF is made.

Whatever was written by somebody stands in it as a string, never as Typst's own language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from unicodedata import normalize

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.measure import COLUMN_GAP, width
from chainrule.explain.printers.typst_style import STYLE
from chainrule.graph.node import Shape
from chainrule.notation.formula import Formula, Matrix, inline, typeset
from chainrule.notation.typst import quoted, typst, typst_pieces

__all__ = ["typst_document"]

WIDE = 110.0  # digits; a matrix that is wider would be too small if it were scaled to the page
NAMES = {  # of one and of more of what stands side by side
    "matrix": ("printer:column", "printer:columns"),
    "row": ("printer:entry", "printer:entries"),
}
LONG = 150  # letters of LaTeX that may be too wide to be broken before its outermost signs only
UNBROKEN = re.compile(r"\S{50,}")  # a name, or a formula as text, that would leave the page
ZERO_WIDTH = "\u200b"  # where a line may end
DEEPEST = 5  # steps in steps that are set further to the right


def typst_document(explanation: Explanation) -> str:
    """The explanation as Typst source.

    >>> from chainrule.explain.explanation import Explanation
    >>> from chainrule.notation.formula import Expression
    >>> source = typst_document(Explanation(Expression("l", "l"), "chain", ()))
    >>> source.splitlines()[-1]
    '#title($display(l)$, "The chain rule, factor by factor")'
    """
    printer = _Printer(explanation.language)
    return "\n".join([STYLE, *printer.document(explanation)])


class _Printer:
    """Writes calls of the functions of the style, in the order that is read."""

    def __init__(self, language: str) -> None:
        self.language = language

    def document(self, explanation: Explanation) -> Iterator[str]:
        name = _string(inline(explanation.title))
        yield f"#set document(title: {name}, date: none)"
        yield f"#set text(lang: {_string(self.language)})"
        view = self.say(Sentence(f"view:{explanation.view}"))
        yield f"#title({_math(explanation.title)}, {view})"
        for step in explanation.steps:
            yield from self.step(step, 1, 0)

    def say(self, sentence: Sentence) -> str:
        return _string(UNBROKEN.sub(_with_breaks, say(sentence, self.language)))

    def step(self, step: Step, level: int, depth: int) -> Iterator[str]:
        """A step and all below it: `level` is that of its heading, `depth` how deep it stands."""
        if step.kind == "part":
            yield from self.part(step, level, depth)
            level += 1
        elif step.kind == "remark":
            yield from self.remarks(step, depth)
        else:
            yield self.quantity(step, depth)
        below = depth if step.kind == "part" else min(depth + 1, DEEPEST)
        for lower in step.steps:
            yield from self.step(lower, level, below)

    def part(self, step: Step, level: int, depth: int) -> Iterator[str]:
        if step.title is not None:
            yield f"#heading(level: {level}, {self.say(step.title)})"
        yield from self.remarks(step, depth)

    def remarks(self, step: Step, depth: int) -> Iterator[str]:
        for said in (step.why, *step.remarks):
            if said is not None:
                yield f"#remark({depth}, {self.say(said)})"

    def quantity(self, step: Step, depth: int) -> str:
        """Only what there is, so that the call is short."""
        given = [f"#quantity({depth}"]
        if step.what is not None:
            given.append(f"left: {_math(step.what)}")
        if step.sides:
            given.append(f"sides: ({', '.join(map(self.side, step.sides))},)")
        if step.shape:
            given.append(f"shape: {_size(step.shape)}")
        if step.rule is not None:
            given.append(f"rule: {self.say(step.rule)}")
        if step.why is not None:
            given.append(f"why: {self.say(step.why)}")
        if step.remarks:
            given.append(f"remarks: ({', '.join(map(self.say, step.remarks))},)")
        return ", ".join(given) + ")"

    def side(self, side: Equal) -> str:
        """A side with its sign, in pieces; a long one in finer pieces, too, if they are needed."""
        sign = "$eq$" if side.is_exact else "$≈$"
        pieces, finer = self.pieces(side.formula)
        more = f", finer: ({', '.join(finer)},)" if finer != pieces else ""
        return f"(sign: {sign}, pieces: ({', '.join(pieces)},){more})"

    def pieces(self, formula: Formula) -> tuple[list[str], list[str]]:
        if isinstance(formula, Matrix) and formula.kind in NAMES and width(formula) > WIDE:
            blocks = self.blocks(formula)
            return blocks, blocks
        try:
            latex = typeset(formula)
            pieces = typst_pieces(latex)
            finer = typst_pieces(latex, inside=True) if len(latex) > LONG else pieces
        except (DataProblem, TooLarge):
            text = [_as_text(formula)]
            return text, text
        return [f"$display({piece})$" for piece in pieces], [f"$display({one})$" for one in finer]

    def blocks(self, matrix: Matrix) -> list[str]:
        """A matrix that is too wide, some columns at a time."""
        starts = [*_starts(matrix), len(matrix.rows[0])]
        found = []
        for start, end in pairwise(starts):
            part = Matrix(tuple(row[start:end] for row in matrix.rows), matrix.kind)
            code = NAMES[matrix.kind][end - start > 1]
            where = {"first": start + 1, "last": end, "count": starts[-1]}
            details = tuple((name, str(number)) for name, number in where.items())
            found.append(f"columns({self.say(Sentence(code, details))}, {_math(part)})")
        return found


def _with_breaks(found: re.Match[str]) -> str:
    return ZERO_WIDTH.join(found[0])


def _starts(matrix: Matrix) -> list[int]:
    """At which columns the lines of a matrix that is too wide begin."""
    found, used = [0], 0.0
    for at, column in enumerate(zip(*matrix.rows, strict=True)):
        wide = max(map(width, column)) + COLUMN_GAP
        if used and used + wide > WIDE:
            found.append(at)
            used = 0.0
        used += wide
    return found


def _math(formula: Formula) -> str:
    try:
        return f"$display({typst(typeset(formula))})$"
    except (DataProblem, TooLarge):  # no LaTeX of ours: seen as it is rather than not at all
        return _as_text(formula)


def _as_text(formula: Formula) -> str:
    return f"raw({_string(inline(formula))})"


def _size(shape: Shape) -> str:
    return _string(" × ".join(map(str, shape)))


def _string(text: str) -> str:
    return quoted(normalize("NFC", text))
