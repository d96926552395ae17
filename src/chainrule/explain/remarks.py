"""What is said beside the numbers: scaling of the loss, sums over a batch, conventions."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.differentiate.factors import Factor
from chainrule.differentiate.walk import Paths
from chainrule.explain.source import Explainable
from chainrule.graph.node import Node
from chainrule.jacobians.kinds import (
    LinearMap,
    Multilinear,
    Product,
    Sum,
    SumOver,
    Transposed,
)
from chainrule.ops.contract import Operation
from chainrule.ops.contraction import Einsum
from chainrule.ops.losses import scaling_of
from chainrule.ops.reduction import Reduction

__all__ = [
    "LAYOUT",
    "conventions",
    "factor_remarks",
    "factor_rule",
    "factor_sentence",
    "loss_remark",
    "shares_rows",
]

LAYOUT = "Numerator layout: rows are outputs, columns are inputs; arrays are flattened row by row."


def conventions(source: Explainable, of: Node) -> Iterator[str]:
    """What holds for a whole derivation: the loss and its scaling, layout and flattening."""
    remark = loss_remark(source.name(of), of)
    if remark is not None:
        yield remark
    elif of.shape == () and _has_sum(source, of):
        formula = source.formulas[source.name(of)]
        yield f"{source.name(of)} is summed and scaled as written: {formula}."
    yield LAYOUT


def loss_remark(name: str, node: Node) -> str | None:
    """What a loss sums or averages over; None for what is no loss."""
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


def factor_sentence(source: Explainable, factor: Factor) -> str:
    """The operation's own sentence; "" where the quantity is read in other places, too."""
    operation, inputs = factor.of.operation, factor.of.inputs
    if not isinstance(operation, Operation) or inputs.count(factor.wrt) != 1:
        return ""
    held = source.graph.named_nodes
    others = [node for node in inputs if node is not factor.wrt and node not in held]
    elsewhere = any(Paths(node, (factor.wrt,), held).order for node in others)
    return "" if elsewhere else operation.sentence


def factor_rule(source: Explainable, factor: Factor) -> str:
    """How the operation writes its local derivative; "" where its sentence does not hold either."""
    operation = factor.of.operation
    if not isinstance(operation, Operation) or not factor_sentence(source, factor):
        return ""
    position = factor.of.inputs.index(factor.wrt)
    return operation.derivatives[min(position, len(operation.derivatives) - 1)]


def factor_remarks(source: Explainable, factor: Factor) -> Iterator[str]:
    """What was chosen where there is no derivative, and where the adjoint sums over a batch."""
    between = Paths(factor.of, (factor.wrt,), source.graph.named_nodes - {factor.of})
    choices = [
        node.operation.choice
        for node in reversed(between.order)
        if isinstance(node.operation, Operation) and between.edges[node]
    ]
    yield from (f"Convention: {choice}." for choice in dict.fromkeys(choices) if choice)
    if factor.of.ndim > 1 and any(map(shares_rows, _acting_first(factor.map))):
        yield (
            f"One {source.name(factor.wrt)} serves all {factor.of.shape[0]} rows of "
            f"{source.name(factor.of)}, so multiplying by this factor sums over these rows "
            "(the batch, where rows are examples)."
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
