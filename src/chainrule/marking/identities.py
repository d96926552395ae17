"""A formula as a claim: an identity, true for these numbers only, or not true.

Decimals in a formula are displayed numbers with their rounding, as everywhere.
"""

from __future__ import annotations

import numpy as np

from chainrule.differentiate.batched import replaced
from chainrule.graph.node import Array, Constant, Node, topological, variable
from chainrule.graph.record import Record
from chainrule.marking.carried import Basis, Carry
from chainrule.marking.displayed import Displayed, displayed
from chainrule.marking.judge import Numbers, Reference, verdicts
from chainrule.marking.judged import Judged
from chainrule.marking.layouts import Layout
from chainrule.marking.memory import Memory
from chainrule.marking.sheet import Sheet
from chainrule.paper.dependencies import parts
from chainrule.paper.syntax import Expression, Number

__all__ = ["Stated", "face_value", "is_identity", "judged_formula", "stated", "symbolic"]

CLOSE = 1e-7
EXACT = 1e-9


class Stated(Record):
    """A formula's node, and its decimals as quantities of their own: node, values, radii."""

    node: Node
    decimals: tuple[tuple[Node, Array, Array], ...]

    def values(self, sheet: Sheet, carries: dict[Node, Carry]) -> tuple[Array, Array]:
        """The value and how far rounding moves it, from these claims and its own decimals."""
        carries = dict(carries)
        for node, values, radii in self.decimals:
            everywhere, nowhere = np.ones(node.shape, bool), np.zeros(node.shape, int)
            carries[node] = Carry(values, radii, everywhere, nowhere)
        basis = Basis(sheet, carries)
        return basis.value(self.node).reshape(-1), basis.reach(self.node).reshape(-1)


def stated(node: Node, expression: Expression) -> Stated:
    """The formula that an expression means, its decimals taken out."""
    texts = [one.text for one in parts(expression) if isinstance(one, Number)]
    units = {float(text): displayed(text).unit for text in texts}
    units = {value: unit for value, unit in units.items() if value != int(value)}
    found: dict[Node, tuple[Node, Array, Array]] = {}
    for one in topological([node]) if units else []:
        if isinstance(one.operation, Constant) and np.isin(one.operation.value, [*units]).any():
            values = np.array(one.operation.value, float)
            radii = [units.get(value, 0.0) / 2 for value in values.reshape(-1).tolist()]
            found[one] = variable(one.shape), values, np.array(radii).reshape(values.shape)
    if not found:
        return Stated(node, ())
    (free,) = replaced([node], {old: new for old, (new, _, _) in found.items()})
    return Stated(free, tuple(found.values()))


def is_identity(sheet: Sheet, node: Node, target: Node, order: Array) -> bool:
    """Whether the formula is the target for other numbers as well."""
    pairs = zip(sheet.samples(node), sheet.samples(target), strict=True)
    return all(_agree(own.reshape(-1), wanted.reshape(-1)[order]) for own, wanted in pairs)


def _agree(own: Array, wanted: Array) -> bool:
    scale = float(np.max(np.abs(wanted), initial=0.0))
    return bool(np.allclose(own, wanted, rtol=CLOSE, atol=CLOSE * scale, equal_nan=True))


def judged_formula(
    written: Stated, sheet: Sheet, memory: Memory, layout: Layout, truth: Array
) -> Judged:
    """The formula's values against the true ones.

    A formula without decimals states true values; one with decimals, what they give.
    """
    carries = memory.right if written.decimals else {}
    values, reach = written.values(sheet, carries)
    size = values.shape
    halves = EXACT * np.maximum(np.abs(values), np.max(np.abs(truth), initial=0.0))
    claimed = Numbers(
        values, np.zeros(size), halves, np.zeros(size, bool), reach, np.zeros(size, bool)
    )
    expected = truth[layout.order]
    found = verdicts(claimed, (), expected)
    cells = tuple([Displayed(f"{value:.6g}", value, 0.0) for value in values.tolist()])
    return Judged(layout, cells, claimed, (), expected, tuple(found))


def symbolic(layout: Layout, verdict: str, size: int) -> Judged:
    """A formula in a problem without numbers: a verdict, and no values."""
    nothing = np.full(size, np.nan)
    claimed = Numbers(
        nothing, nothing, nothing, np.zeros(size, bool), nothing, np.zeros(size, bool)
    )
    return Judged(layout, (None,) * size, claimed, (), nothing, (verdict,) * size)


def face_value(written: Stated, sheet: Sheet, memory: Memory, verdict: str) -> list[Reference]:
    """What the next link of the chain may be computed from."""
    values, reach = written.values(sheet, memory.every)
    return [Reference(lambda: values, verdict, lambda: reach)]
