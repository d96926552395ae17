"""An explanation as plain data: a tree of steps, built once by a view; printers only format it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.graph.node import Shape
from chainrule.graph.record import Record
from chainrule.notation.formula import Formula

__all__ = ["Equal", "Explanation", "Sentence", "Step"]


class Sentence(Record):
    """A sentence of the catalogues (`language/`): its code, and what is filled in.

    A detail is text that is not translated (names, numbers), or a sentence itself.
    """

    code: str
    details: tuple[tuple[str, str | Sentence], ...] = ()


class Equal(Record):
    """One more side of an equation.

    `role` says what it is: "symbolic" (true of all numbers), "substituted" (the numbers put in),
    "result".  `is_exact` says whether the numbers that are shown are the true ones: `=`, else `≈`.
    """

    formula: Formula
    role: str = "symbolic"
    is_exact: bool = True


class Step(Record):
    """One step of a derivation, and the steps that it is made of.

    `kind` says how it is shown:

    - "part": a heading (`title`) over its steps;
    - "quantity": `what`, and then its sides;
    - "remark": nothing but sentences.

    `what` is what is found, the left side; `rule` names the rule that was used (an operation, a
    rewriting rule), `why` is the sentence that explains it; `sides` are equal to `what`, one after
    another; `shape` is that of the result, `rests_on` the quantities (as text) that it is made
    from, `remarks` what is said beside it.  Quantities may have steps of their own: the paths of a
    sum, the contributions of single examples.
    """

    kind: str
    title: Sentence | None = None
    what: Formula | None = None
    rule: Sentence | None = None
    why: Sentence | None = None
    sides: tuple[Equal, ...] = ()
    shape: Shape | None = None
    rests_on: tuple[str, ...] = ()
    remarks: tuple[Sentence, ...] = ()
    steps: tuple[Step, ...] = ()

    def walk(self) -> Iterator[Step]:
        """The step itself and all below it, as they are read."""
        yield self
        for step in self.steps:
            yield from step.walk()


class Explanation(Record):
    """Everything that a view says: `title` is what is explained, `steps` are its parts.

    Printed, it is plain text; a notebook shows it typeset.
    """

    title: Formula
    view: str
    steps: tuple[Step, ...]
    language: str = "en"

    def walk(self) -> Iterator[Step]:
        """All steps, as they are read."""
        for step in self.steps:
            yield from step.walk()

    def to(self, form: str) -> str:
        """The explanation as "text", "md", "latex", "latex-fragment" or "html".

        Raises:
            DataProblem: there is no such form.
        """
        from chainrule.explain.printers import printed

        return printed(self, form)

    def __str__(self) -> str:
        return self.to("text")

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, str]:
        """For notebooks."""
        from chainrule.explain.printers.html import html_fragment

        return {
            "text/plain": self.to("text"),
            "text/markdown": self.to("md"),
            "text/html": html_fragment(self),
        }
