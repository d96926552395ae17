r"""Explanations as Markdown with `$$` blocks, as GitHub and Jupyter show them.

Whatever a user wrote stands for itself: no character of it begins markup.  Formulas are LaTeX in
dollar signs; there, a `<` is kept from looking like the start of a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.texts import shape_in_brackets, visible
from chainrule.graph.record import Record
from chainrule.notation.formula import Formula, typeset

__all__ = ["escaped", "markdown", "math"]

MARKUP = re.compile(r"[\\`*_\[\]<>|~&#]")
BLOCK_STARTS = re.compile(r"^(?=[-+=])|^(\d+)(?=[.)])")
DEEPEST_HEADING = 6
INDENT = "  "


def markdown(explanation: Explanation) -> str:
    """An explanation as Markdown, without a newline at the end."""
    page = _Page(explanation.language)
    blocks = [f"# ${math(explanation.title)}$"]
    for step in explanation.steps:
        blocks += page.step(step, 2)
    return "\n\n".join(blocks)


def escaped(text: str) -> str:
    r"""A text that Markdown shows as it is.

    A dollar sign is kept from its neighbours, too: some readers look for formulas after Markdown.

    >>> print(escaped("<b> *a_b* $5"))
    \<b\> \*a\_b\* <span>\$</span>5
    """
    text = MARKUP.sub(r"\\\g<0>", visible(" ".join(text.split())))
    text = BLOCK_STARTS.sub(r"\1\\", text)
    return text.replace("$", r"<span>\$</span>")


def math(formula: Formula) -> str:
    r"""A formula as LaTeX that may stand between dollar signs.

    >>> from chainrule.notation.formula import Expression
    >>> math(Expression("a<b", "a<b $"))
    'a< b \\$'
    """
    text = visible(" ".join(typeset(formula).split()))
    text = text.replace("<", "< ").replace("<  ", "< ").replace("`", r"\backprime ")
    return re.sub(r"(\\.)|\$", lambda found: found[1] or r"\$", text)


class _Page(Record):
    """A language."""

    language: str

    def step(self, step: Step, level: int) -> Iterator[str]:
        """The blocks of a step; the steps of a quantity are a list below it."""
        if step.kind == "part":
            yield from self.part(step, level)
        elif step.kind == "remark":
            yield from map(self.said, step.remarks)
            yield from self.listed(step.steps, level)
        else:
            yield from self.quantity(step)
            yield from self.listed(step.steps, level)

    def part(self, step: Step, level: int) -> Iterator[str]:
        if step.title is not None:
            yield f"{'#' * min(level, DEEPEST_HEADING)} {self.said(step.title)}"
        if step.why is not None:
            yield f"*{self.said(step.why)}*"
        yield from map(self.said, step.remarks)
        for inner in step.steps:
            yield from self.step(inner, level + 1)

    def quantity(self, step: Step) -> Iterator[str]:
        """Rule and sentence in italics, the equation, remarks."""
        words = [f"*{self.said(one)}*" for one in (step.rule, step.why) if one is not None]
        shape = shape_in_brackets(step.shape)
        if words or not step.sides:
            what = [] if step.what is None else [f"${math(step.what)}$"]
            head = " ".join([*what, *[shape] * bool(shape)])
            yield ": ".join([*[head] * bool(head), *words])
        if step.sides:
            yield "\n".join(["$$", *_equation(step.what, step.sides), "$$"])
        yield from map(self.said, step.remarks)

    def listed(self, steps: Sequence[Step], level: int) -> Iterator[str]:
        """Steps as the items of a list."""
        for step in steps:
            item = "\n\n".join(self.step(step, level + 1))
            first, *others = item.split("\n")
            rest = [INDENT + line if line else line for line in others]
            yield "\n".join([f"- {first}", *rest])

    def said(self, sentence: Sentence) -> str:
        return escaped(say(sentence, self.language))


def _equation(what: Formula | None, sides: Sequence[Equal]) -> list[str]:
    """The sides below each other, aligned at their signs; a single one on a line."""
    left = "" if what is None else math(what)
    signs = ["=" if side.is_exact else r"\approx" for side in sides]
    if len(sides) == 1:
        return [f"{left} {signs[0]} {math(sides[0].formula)}".strip()]
    rows = [f"&{sign} {math(side.formula)}" for sign, side in zip(signs, sides, strict=True)]
    rows[0] = f"{left} {rows[0]}".strip()
    return [
        r"\begin{aligned}",
        *[f"{row} " + r"\\" for row in rows[:-1]],
        rows[-1],
        r"\end{aligned}",
    ]
