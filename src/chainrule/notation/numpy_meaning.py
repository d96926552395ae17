"""What is written in NumPy in the place of a node, and over which nodes.

A composite stands for its body, a sum of single entries for the array that has them; repetition
that NumPy does itself is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from chainrule.graph.node import Computation, Constant, Node, Shape, constant
from chainrule.ops.arithmetic import Add, Divide, Multiply, Subtract
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped, common_shape
from chainrule.ops.contract import Composite, Elementwise
from chainrule.ops.elementary import Log, XDivY, XLogY, XTimesY
from chainrule.ops.indexing import Place
from chainrule.ops.naming import Same
from chainrule.ops.reduction import Max, Mean, Min, Sum, reduced_shape
from chainrule.ops.shaping import Stack
from chainrule.ops.transposition import Transpose

__all__ = ["meaning", "operands"]

MOST_GATHERED = 16  # entries of an array that is written entry by entry
COMPARED = (Sum, Mean, Max, Min)
PLAIN: Mapping[type[Computation], Callable[[Node, Node], Node]] = {
    XLogY: lambda a, b: Multiply()(a, Log()(b)),
    XDivY: lambda a, b: Divide()(a, b),
    XTimesY: lambda a, b: Multiply()(a, b),
}


def meaning(
    node: Node,
    whole: Container[type[Computation]],
    careful: bool = False,
    stand_in: Callable[[Node], Node | None] = lambda _: None,
) -> Node:
    """The node that is written in place of this one: itself, a composite's body, …

    Operations that are written as a `whole` keep theirs.  `careful` keeps 0 · log 0 = 0, and takes
    what `stand_in` says for what saturates.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.losses import squared_error
    >>> meaning(squared_error(variable((2,)), variable((2,))), ())
    <sum float64[]>
    """
    while True:
        found = _meaning(node, whole, careful, stand_in)
        if found is node:
            return node
        node = Same()(found) if found in node.inputs else found


def _meaning(
    node: Node,
    whole: Container[type[Computation]],
    careful: bool,
    stand_in: Callable[[Node], Node | None],
) -> Node:
    operation = node.operation
    if isinstance(operation, Reshaped):
        return _with_kept_axes(node, node.inputs[0])
    if isinstance(operation, Add):
        return _gathered(node)
    if isinstance(operation, Composite):
        return node if type(operation) in whole else operation.body(*node.inputs)
    if isinstance(operation, Transpose) and len(operation.axes) < 2:
        return Same()(node.inputs[0])
    if careful:
        other = stand_in(node)
        return node if other is None else other
    plain = PLAIN.get(type(operation))
    return node if plain is None else plain(*node.inputs)


def _with_kept_axes(node: Node, lower: Node) -> Node:
    """sum(x, axis=1) as a column: a sum that keeps its axis."""
    operation = lower.operation
    if lower.distinct or not isinstance(operation, COMPARED) or operation.keepdims:
        return node
    kept = reduced_shape(lower.inputs[0].shape, operation.axis, True)
    if kept != node.shape:
        return node
    return type(operation)(operation.axis, True)(lower.inputs[0])


def _gathered(node: Node) -> Node:
    """A sum of single entries, each put in its place, as the array that has them."""
    terms, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one.operation, Add) and (one is node or not one.distinct):
            waiting += one.inputs
        else:
            terms.append(one)
    entries: dict[tuple[int, ...], Node] = {}
    for term in terms:
        at = None if term.distinct else _single_place(term)
        if at is None or node.size > MOST_GATHERED:
            return node
        entry = term.inputs[0]
        entries[at] = Add()(entry, entries[at]) if at in entries else entry
    return _stacked(entries, (), node.shape)


def _single_place(node: Node) -> tuple[int, ...] | None:
    """Where a node puts its one entry, if it does."""
    if not isinstance(node.operation, Place):
        return None
    index = tuple(at for at in node.operation.index if isinstance(at, int))
    return index if len(index) == len(node.operation.index) else None


def _stacked(entries: Mapping[tuple[int, ...], Node], at: tuple[int, ...], shape: Shape) -> Node:
    """The array with these entries, and zeros elsewhere, as rows within rows."""
    if not shape:
        like = next(iter(entries.values()))
        return entries[at] if at in entries else constant(0.0, like.dtype)
    return Stack(0)(*[_stacked(entries, (*at, row), shape[1:]) for row in range(shape[0])])


def operands(node: Node) -> list[Node]:
    """The inputs as they are written: repetition that NumPy does itself is left out."""
    operation = node.operation
    if isinstance(operation, Same):
        return [node.inputs[0]]
    if not isinstance(operation, Elementwise) or len(node.inputs) < 2:
        return list(node.inputs)
    bare = [_unrepeated(lower) for lower in node.inputs]
    if isinstance(operation, ARITHMETIC):
        bare = _without_casts(bare)
    shape: Shape | None = ()
    for lower in bare:
        shape = None if shape is None else common_shape(shape, lower.shape)
    return bare if shape == node.shape else list(node.inputs)


ARITHMETIC = (Multiply, Add, Subtract, XTimesY)


def _unrepeated(node: Node) -> Node:
    repeated = isinstance(node.operation, Broadcast) and not node.distinct
    return node.inputs[0] if repeated else node


def _without_casts(nodes: list[Node]) -> list[Node]:
    """Truth values in the place of the numbers they are, beside one that is a number anyway."""
    bare = [_truth(node) for node in nodes]
    numbers = [node for node in bare if node.dtype.kind == "f" and _is_array(node)]
    return bare if numbers else nodes


def _truth(node: Node) -> Node:
    is_cast = isinstance(node.operation, Cast) and not node.distinct
    return node.inputs[0] if is_cast and node.inputs[0].dtype.kind == "b" else node


def _is_array(node: Node) -> bool:
    return not isinstance(node.operation, Constant)
