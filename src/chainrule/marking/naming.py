"""The likely mistakes of a wrong claim, from the catalogue."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.marking.carried import Basis
from chainrule.marking.judge import numbers
from chainrule.marking.judged import Judged
from chainrule.marking.memory import Memory
from chainrule.marking.mistakes.wrong import Wrong
from chainrule.marking.reading.solution import Written
from chainrule.marking.reading.targets import Target
from chainrule.marking.report import Claim, Mistake
from chainrule.marking.sheet import Sheet

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
        wrong = _wrong(target, found, memory, operands)
        return claim.with_mistakes(self.catalogue.names(wrong))

    def misshapen(self, claim: Claim, target: Target, written: Written, memory: Memory) -> Claim:
        """The claim with the mistakes that give numbers in another shape than it should have."""
        if self.sheet.is_symbolic(target.node) or None in written.cells:
            return claim.with_mistakes((Mistake("shape", claim.target),))
        claimed = numbers(written.cells, with_decimals=True)
        wrong = Wrong(
            target=target.node,
            expected=memory.sheet.truth(target.node),
            written=written,
            values=claimed.values.reshape(written.shape),
            halves=(claimed.halves + claimed.operands).reshape(written.shape),
            verdicts=("wrong",) * len(written.cells),
            **_history(memory),
        )
        found = self.catalogue.names(wrong)
        return claim.with_mistakes(found or (Mistake("shape", claim.target),))


def _wrong(target: Target, found: Judged, memory: Memory, operands: Written | None) -> Wrong:
    """What the catalogue needs to know, in the order of the target's entries."""
    node, back = target.node, np.argsort(found.layout.order)
    claimed = found.numbers
    return Wrong(
        target=node,
        expected=memory.sheet.truth(node),
        written=Written(node.shape, tuple([found.cells[at] for at in back])),
        values=claimed.values[back].reshape(node.shape),
        halves=(claimed.halves + claimed.operands)[back].reshape(node.shape),
        verdicts=tuple([found.verdicts[at] for at in back]),
        operands=operands,
        **_history(memory),
    )


def _history(memory: Memory) -> dict[str, Any]:
    """From what a line may have been computed, and what may have been copied."""
    return {
        "bases": (*reversed(memory.bases()), Basis(memory.sheet, {})),
        "earlier": tuple(memory.earlier),
        "misquoted": tuple(memory.misquoted),
    }
