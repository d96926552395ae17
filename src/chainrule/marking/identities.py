"""A formula as a claim: an identity, true for these numbers only, or not true.

Decimals in a formula are displayed numbers with their rounding, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from chainrule.differentiate.batched import replaced
from chainrule.graph.node import Array, Constant, Node, Shape, topological, variable
from chainrule.graph.record import Record
from chainrule.marking.carried import Basis, Carry
from chainrule.marking.judge import Numbers, Reference, verdicts
from chainrule.marking.judged import Judged
from chainrule.marking.memory import Memory
from chainrule.marking.reading.displayed import Displayed, displayed
from chainrule.marking.reading.layouts import Layout
from chainrule.marking.sheet import Sheet
from chainrule.ops.contraction import MatMul
from chainrule.ops.linear import outer
from chainrule.paper.dependencies import parts
from chainrule.paper.syntax import Expression, Number

__all__ = [
    "Stated",
    "face_value",
    "in_rows_and_columns",
    "is_identity",
    "judged_formula",
    "stated",
    "symbolic",
    "with_givens",
]

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


def stated(node: Node, expression: Expression, given: frozenset[float]) -> Stated:
    """The formula that an expression means, its decimals taken out, but for the problem's."""
    texts = [one.text for one in parts(expression) if isinstance(one, Number)]
    units = {float(text): displayed(text).unit for text in texts}
    own = {value for value in units if value != int(value)} - given
    units = {value: unit for value, unit in units.items() if value in own}
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


def in_rows_and_columns(node: Node, shape: Shape) -> Node:
    """`Lᵀ @ δ` of two vectors as the matrix that it is where vectors are rows, if one is due."""
    is_product = isinstance(node.operation, MatMul) and not node.shape
    if is_product and shape == tuple([one.size for one in node.inputs]):
        return outer(*node.inputs)
    return node


def is_identity(sheet: Sheet, node: Node, target: Node, order: Array) -> bool:
    """Whether the formula is the target for other numbers as well."""
    pairs = zip(sheet.samples(node), sheet.samples(target), strict=True)
    return all(_agree(own.reshape(-1), wanted.reshape(-1)[order]) for own, wanted in pairs)


def _agree(own: Array, wanted: Array) -> bool:
    scale = float(np.max(np.abs(wanted), initial=0.0))
    return bool(np.allclose(own, wanted, rtol=CLOSE, atol=CLOSE * scale, equal_nan=True))


def with_givens(node: Node, givens: Mapping[float, Node]) -> Node:
    """The formula with the problem's own quantities for their numbers: 0.1 is α."""
    new = {
        one: givens[float(one.operation.value)]
        for one in topological([node])
        if isinstance(one.operation, Constant)
        and not one.shape
        and float(one.operation.value) in givens
    }
    return replaced([node], new)[0] if new else node


def judged_formula(
    written: Stated,
    sheet: Sheet,
    memory: Memory,
    layout: Layout,
    truth: Array,
    references: Sequence[Reference] = (),
) -> Judged:
    """The formula's values against the true ones.

    A formula without decimals states true values; one with decimals, what they give, which may
    follow from earlier lines.
    """
    carries = memory.right if written.decimals else {}
    values, reach = written.values(sheet, carries)
    size = values.shape
    halves = EXACT * np.maximum(np.abs(values), np.max(np.abs(truth), initial=0.0))
    claimed = Numbers(
        values, np.zeros(size), halves, np.zeros(size, bool), reach, np.zeros(size, bool)
    )
    expected = truth[layout.order]
    options = tuple([one.ordered(layout.order) for one in references if written.decimals])
    found = verdicts(claimed, options, expected)
    cells = tuple([Displayed(f"{value:.6g}", value, 0.0) for value in values.tolist()])
    return Judged(layout, cells, claimed, options, expected, tuple(found))


def by_own_lines(
    written: Stated, sheet: Sheet, memory: Memory, target: Node, found: Judged
) -> Judged:
    """A wrong formula at the solution's own numbers: the true ones give its mistakes away."""
    values, _ = written.values(sheet, memory.every)
    wanted = Basis(sheet, memory.every).value(target).reshape(-1)[found.layout.order]
    own = Numbers(values, *found.numbers.key()[1:])
    cells = tuple([Displayed(f"{value:.6g}", value, 0.0) for value in values.tolist()])
    references = (Reference(lambda: wanted, "follow-through"),)
    return Judged(found.layout, cells, own, references, found.truth, found.verdicts)


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
