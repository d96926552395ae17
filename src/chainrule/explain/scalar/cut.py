"""Where a network is cut into scalar nodes: at named quantities, and at inner results worth a name.

An inner result gets a name if, without it, a partial derivative would be more than elementary:
the argument of sigmoid(X @ W + b), the sigmoid in sigmoid(z) * v, the two factors of A @ (B @ C).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chainrule.differentiate.walk import Edges, Paths
from chainrule.graph.node import Node, topological
from chainrule.graph.record import Record
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, PowerOf, Subtract
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped
from chainrule.ops.choice import Where
from chainrule.ops.contract import Composite, Elementwise, edges
from chainrule.ops.contraction import Einsum, MatMul, Outer
from chainrule.ops.elementary import XDivY, XTimesY
from chainrule.ops.indexing import Place, Take
from chainrule.ops.naming import Same
from chainrule.ops.reduction import Sum
from chainrule.ops.roots import Reciprocal, Square
from chainrule.ops.shaping import Concatenate, Stack
from chainrule.ops.transposition import Transpose

__all__ = ["FUNCTION", "Cut", "cut", "kind_of"]

MOVE, LINEAR, PRODUCT, CONTRACTION, QUOTIENT, POWER, FUNCTION = range(7)
KINDS: dict[type, int] = {
    **dict.fromkeys((Broadcast, Cast, Concatenate, Place, Reshaped, Same, Stack), MOVE),
    **dict.fromkeys((Take, Transpose), MOVE),
    **dict.fromkeys((Add, Subtract, Negate, Sum, Where), LINEAR),
    **dict.fromkeys((Multiply, XTimesY), PRODUCT),
    **dict.fromkeys((Einsum, MatMul, Outer), CONTRACTION),
    **dict.fromkeys((Divide, XDivY), QUOTIENT),
    **dict.fromkeys((PowerOf, Reciprocal, Square), POWER),
}
# How an inner result is made of what has a name: an entry, 2x + 1, x - y, xyz, x², anything else.
LEAF, AFFINE, PAIR, MONOMIAL, ANYTHING = range(5)
TAKEN: dict[int, tuple[int, ...]] = {  # what each kind of operation may be applied to unnamed
    PRODUCT: (LEAF, AFFINE, PAIR, MONOMIAL),
    CONTRACTION: (LEAF, AFFINE, PAIR),
    QUOTIENT: (LEAF, AFFINE, PAIR, MONOMIAL),
    POWER: (LEAF, AFFINE, PAIR),
    FUNCTION: (LEAF, AFFINE),
}


class Cut(Record):
    """Array nodes on the paths, inputs first, at which these are cut; `inner` are those of them
    without a name.  `on_path` is everything between.
    """

    nodes: tuple[Node, ...]
    inner: tuple[Node, ...]
    on_path: frozenset[Node]


def cut(
    ofs: Sequence[Node],
    wrts: Iterable[Node],
    named: frozenset[Node],
    held: frozenset[Node] = frozenset(),
) -> Cut:
    """The cut of all paths from any of `ofs` down to any of `wrts`; none leads through `held`.

    >>> from chainrule.graph.node import fresh, variable
    >>> from chainrule.ops.activation import Sigmoid
    >>> x, w = variable((2,)), variable((2,))
    >>> y = fresh(Sigmoid(), x @ w)
    >>> cut([y], [w], frozenset({x, w, y})).inner
    (<matmul float64[]>,)
    """
    targets = tuple(dict.fromkeys(wrts))
    below: dict[Node, tuple[Node, ...]] = {}
    for of in dict.fromkeys(ofs):
        below |= _lower(Paths(of, targets, held).edges)
    order = topological([of for of in ofs if of in below], lambda node: below[node])
    ends = (named | {*ofs, *targets}) & below.keys()
    inner = _Inner(below, ends).found(order)
    nodes = [node for node in order if node in ends or node in inner]
    return Cut(tuple(nodes), inner, frozenset(order))


def _lower(edges: Edges) -> dict[Node, tuple[Node, ...]]:
    return {node: tuple([lower for lower, _ in ways]) for node, ways in edges.items()}


def kind_of(node: Node) -> int:
    """How a node's operation depends on its inputs; a composite passes its body on."""
    if isinstance(node.operation, Composite):
        is_declared = node.operation.declared(node, *node.inputs) is not None
        return FUNCTION if is_declared else MOVE
    return KINDS.get(type(node.operation), FUNCTION)


class _Inner:
    """Chooses the inner results that get a name, from the inputs upwards."""

    def __init__(self, below: Mapping[Node, tuple[Node, ...]], ends: frozenset[Node]) -> None:
        self.below = below
        self.ends = ends
        self.forms: dict[Node, int] = {}
        self.chosen: dict[Node, None] = {}

    def found(self, order: Sequence[Node]) -> tuple[Node, ...]:
        """Those of the nodes, which come inputs first."""
        readers = self._readers(order)
        for node in order:
            self.forms[node] = LEAF if node in self.ends else self._form(node)
            if node not in self.ends and self._is_worth_a_name(node, readers[node]):
                self.chosen[node] = None
                self.forms[node] = LEAF
        return tuple(self.chosen)

    def _readers(self, order: Sequence[Node]) -> dict[Node, dict[Node, None]]:
        """What calculates with a node, wherever it is moved to before."""
        found: dict[Node, dict[Node, None]] = {node: {} for node in order}
        for node in reversed(order):
            is_passed_on = kind_of(node) == MOVE and node not in self.ends
            readers = found[node] if is_passed_on else {node: None}
            for lower in self.below[node]:
                found[lower].update(readers)
        return found

    def _is_worth_a_name(self, node: Node, readers: Iterable[Node]) -> bool:
        if kind_of(node) == MOVE:
            return False  # what is moved has the name
        if kind_of(node) == FUNCTION:
            if not isinstance(node.operation, Elementwise):
                return True
            if _reads_itself(node) and any(kind_of(reader) != MOVE for reader in readers):
                return True
        return any(self._hides(reader, node) for reader in readers)

    def _hides(self, reader: Node, node: Node) -> bool:
        """Whether its partial derivative is hard to see as long as the node has no name."""
        kind, form = kind_of(reader), self.forms[node]
        varying = self.below[reader]
        if kind == FUNCTION and not isinstance(reader.operation, Elementwise):
            return form != LEAF
        if kind in (PRODUCT, CONTRACTION) and len(varying) == 1:
            return False
        if kind == QUOTIENT and reader.inputs[1] not in varying:
            return False
        return form not in TAKEN.get(kind, range(ANYTHING + 1))

    def _form(self, node: Node) -> int:
        """How a node is made of what has a name."""
        kind, forms = kind_of(node), [self.forms[lower] for lower in self.below[node]]
        alone = len(forms) == 1
        if kind == MOVE:
            return forms[0] if alone or set(forms) == {LEAF} else ANYTHING
        if isinstance(node.operation, Add | Subtract | Negate | Multiply | XTimesY) and alone:
            return max(forms[0], AFFINE)
        if kind == QUOTIENT and alone and self.below[node][0] is node.inputs[0]:
            return max(forms[0], AFFINE)
        if isinstance(node.operation, Add | Subtract):
            return PAIR if forms == [LEAF, LEAF] else ANYTHING
        if (kind == PRODUCT and set(forms) <= {LEAF, MONOMIAL}) or (
            kind == POWER and forms == [LEAF]
        ):
            return MONOMIAL
        return ANYTHING


def _reads_itself(node: Node) -> bool:
    """Whether the local derivative is written with the result, as that of exp and sigmoid is."""
    held = frozenset(node.inputs)
    nodes = [one for _, map_ in edges(node) for one in map_.nodes]
    return node in topological(nodes, lambda one: () if one in held or one is node else one.inputs)
