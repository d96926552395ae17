"""What is said beside the numbers: scaling of the loss, sums over a batch, conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chainrule.differentiate.factors import Factor
from chainrule.differentiate.walk import Paths
from chainrule.explain.explanation import Sentence
from chainrule.explain.source import Explainable
from chainrule.graph.node import Node, topological
from chainrule.jacobians.kinds import (
    LinearMap,
    Multilinear,
    Product,
    Sum,
    SumOver,
    Transposed,
)
from chainrule.ops.contract import Operation, lower_nodes
from chainrule.ops.contraction import Einsum
from chainrule.ops.losses import scaling_of
from chainrule.ops.reduction import Reduction
from chainrule.paper.program import Asked, Paper

__all__ = [
    "LAYOUT",
    "choices",
    "conventions",
    "factor_operation",
    "factor_remarks",
    "factor_rule",
    "loss_remark",
    "operation_name",
    "operation_sentence",
    "rows_summed",
    "shared_by_rows",
    "shares_rows",
]

LAYOUT = "Numerator layout: rows are outputs, columns are inputs; arrays are flattened row by row."


def conventions(source: Explainable, of: Node) -> Iterator[Sentence]:
    """What is said of the loss and its scaling; layout and flattening are matters of display."""
    found = loss_sentence(source.name(of), of)
    if found is not None:
        yield found
    elif of.shape == () and _has_sum(source, of):
        name = source.name(of)
        yield Sentence("summed_as_written", (("name", name), ("formula", source.formulas[name])))


def loss_sentence(name: str, node: Node) -> Sentence | None:
    """What a loss sums or averages over; None for what is no loss."""
    operation = node.operation
    scaling = scaling_of(operation) if isinstance(operation, Operation) else None
    if not scaling:
        return None
    assert isinstance(operation, Operation)
    said = Sentence(f"scaling:{operation.name}", (("text", scaling),))
    return Sentence(
        "loss", (("name", name), ("operation", operation_name(operation)), ("scaling", said))
    )


def loss_remark(name: str, node: Node) -> str | None:
    """The same in English."""
    operation = node.operation
    scaling = scaling_of(operation) if isinstance(operation, Operation) else None
    return f"{name} is {operation.name}: {scaling}." if scaling else None


def _has_sum(source: Explainable, of: Node) -> bool:
    """Whether a quantity's own formula has a sum or a mean in it."""
    own = Paths(of, held=source.graph.named_nodes).order
    named = source.graph.named_nodes - {of}
    if source.name(of).startswith("("):
        return False  # an expression says itself what it sums
    reduces = any(isinstance(node.operation, Reduction) for node in own if node not in named)
    return reduces and source.name(of) in source.formulas


def factor_operation(source: Explainable, factor: Factor) -> Operation | None:
    """The single operation between two quantities; None where `wrt` is read elsewhere, too."""
    operation, inputs = factor.of.operation, factor.of.inputs
    if not isinstance(operation, Operation) or inputs.count(factor.wrt) != 1:
        return None
    held = source.graph.named_nodes
    others = [node for node in inputs if node is not factor.wrt and node not in held]
    elsewhere = any(Paths(node, (factor.wrt,), held).order for node in others)
    return None if elsewhere else operation


def operation_name(operation: Operation) -> Sentence:
    """What an operation is called."""
    return Sentence(f"name:{operation.name}", (("text", operation.name.replace("_", " ")),))


def operation_sentence(operation: Operation) -> Sentence | None:
    """What explains the operation's derivative; None where it says nothing."""
    if not operation.sentence:
        return None
    return Sentence(f"operation:{operation.name}", (("text", operation.sentence),))


def factor_rule(source: Explainable, factor: Factor) -> str:
    """How the operation writes its local derivative; "" where there is no single operation."""
    operation = factor_operation(source, factor)
    if operation is None or not operation.derivatives:
        return ""
    position = factor.of.inputs.index(factor.wrt)
    return operation.derivatives[min(position, len(operation.derivatives) - 1)]


def factor_remarks(source: Explainable, factor: Factor) -> Iterator[Sentence]:
    """What was chosen where there is no derivative, and where the adjoint sums over a batch."""
    between = Paths(factor.of, (factor.wrt,), source.graph.named_nodes - {factor.of})
    yield from choices(node for node in reversed(between.order) if between.edges[node])
    if factor.of.ndim > 1 and any(map(shares_rows, _acting_first(factor.map))):
        details = (
            ("wrt", source.name(factor.wrt)),
            ("of", source.name(factor.of)),
            ("rows", str(factor.of.shape[0])),
        )
        yield Sentence("shared_by_rows", details)


def choices(nodes: Iterable[Node]) -> list[Sentence]:
    """What their operations choose where there is no derivative, each once."""
    chosen = {
        node.operation.choice: node.operation.name
        for node in nodes
        if isinstance(node.operation, Operation) and node.operation.choice
    }
    return [
        Sentence("convention", (("choice", Sentence(f"choice:{name}", (("text", text),))),))
        for text, name in chosen.items()
    ]


def rows_summed(paper: Paper, asked: Iterable[Asked]) -> list[Sentence]:
    """Where the gradients of a number sum over the rows of a batch."""
    found: dict[Node, frozenset[Node]] = {}
    names: dict[str, None] = {}
    for one in asked:
        if one.of.shape == ():
            shared = found.setdefault(one.of, shared_by_rows(one.of))
            name = paper.graph.name_of(one.wrt)
            if one.wrt in shared and name is not None:
                names[name] = None
    return [Sentence("sums_over_rows", (("names", ", ".join(names)),))] if names else []


def shared_by_rows(of: Node) -> frozenset[Node]:
    """The nodes below `of` of which one serves several rows."""
    if all(node.ndim < 2 for node in topological([of], lower_nodes)):
        return frozenset()  # there are no rows: no local Jacobian need be looked at
    return frozenset(
        lower
        for node, ways in Paths(of).edges.items()
        for lower, map_ in ways
        if node.ndim > 1 and shares_rows(map_)
    )


def shares_rows(map_: LinearMap) -> bool:
    """Whether one input entry feeds several entries along the leading axis of the output."""
    if isinstance(map_, Transposed) and isinstance(map_.of, SumOver):
        return 0 in map_.of.axes and len(map_.output_shape) > 1 and map_.input_shape != ()
    if isinstance(map_, Multilinear) and isinstance(map_.operation, Einsum):
        result = map_.operation.result
        return len(result) > 1 and result[0] not in map_.operation.terms[map_.position]
    return False


def _acting_first(map_: LinearMap) -> Iterator[LinearMap]:
    """The map that meets the input: of a product the rightmost one, of a sum that of each term."""
    if isinstance(map_, Product):
        yield from _acting_first(map_.factors[-1])
    elif isinstance(map_, Sum):
        for term in map_.terms:
            yield from _acting_first(term)
    else:
        yield map_
