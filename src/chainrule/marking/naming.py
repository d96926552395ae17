"""The likely mistakes of a wrong claim, from the catalogue."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from chainrule.graph.node import Array
from chainrule.marking.carried import Basis
from chainrule.marking.judged import Judged
from chainrule.marking.memory import Memory
from chainrule.marking.mistakes.wrong import Wrong
from chainrule.marking.report import Claim, Mistake
from chainrule.marking.sheet import Sheet
from chainrule.marking.solution import Written
from chainrule.marking.targets import Target

if TYPE_CHECKING:
    from chainrule.marking.mistakes.catalogue import Catalogue

__all__ = ["Namer"]


class Namer:
    """Adds the mistakes to wrong claims; one for all solutions of a problem."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    @cached_property
    def catalogue(self) -> Catalogue:
        """The problem's mistakes; loaded when something is wrong."""
        from chainrule.marking.mistakes.catalogue import Catalogue

        return Catalogue(self.sheet.paper)

    def named(
        self, claim: Claim, target: Target, found: Judged, memory: Memory, operands: Written | None
    ) -> Claim:
        """The claim with the mistakes that give its numbers, if it is wrong."""
        if claim.verdict != "wrong":
            return claim
        bases = (*reversed(memory.bases()), Basis(memory.sheet, {}))
        wrong = _wrong(target, found, memory, bases, operands)
        return claim.with_mistakes(self.catalogue.names(wrong))

    def misshapen(self, claim: Claim) -> Claim:
        """The claim with the mistake that its shape is."""
        return claim.with_mistakes((Mistake("shape", claim.target),))


def _wrong(
    target: Target,
    found: Judged,
    memory: Memory,
    bases: tuple[Basis, ...],
    operands: Written | None,
) -> Wrong:
    """What the catalogue needs to know, in the order of the target's entries."""
    node, back = target.node, np.argsort(found.layout.order)
    numbers = found.numbers
    cells = tuple([found.cells[at] for at in back])
    return Wrong(
        target=node,
        expected=memory.sheet.truth(node),
        written=Written(node.shape, cells),
        values=_laid_out(numbers.values, back, node.shape),
        halves=_laid_out(numbers.halves + numbers.operands, back, node.shape),
        verdicts=tuple([found.verdicts[at] for at in back]),
        bases=bases,
        earlier=tuple(memory.earlier),
        misquoted=tuple(memory.misquoted),
        operands=operands,
    )


def _laid_out(values: Array, back: Array, shape: tuple[int, ...]) -> Array:
    return values[back].reshape(shape)
