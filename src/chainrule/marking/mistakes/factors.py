"""Factors: 2, ½, 1/N missing or doubled; sums over a batch left out, halved, averaged."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.node import Node, size_of
from chainrule.marking.mistakes.products import product_at, slopes_in
from chainrule.marking.mistakes.scene import Change, Scene, bare
from chainrule.ops.arithmetic import Divide
from chainrule.ops.broadcasting import literal
from chainrule.ops.contraction import MatMul
from chainrule.ops.indexing import take
from chainrule.ops.reduction import Sum
from chainrule.ops.transposition import Transpose

__all__ = ["MUTATORS", "batches"]

MOST_EXAMPLES = 8
LARGEST_BATCH = 100_000
MEANS = "mean-for-sum", "sum-for-mean"


def batches(scene: Scene) -> list[int]:
    """The lengths that a sum or a mean may run over: of summed axes, and of rows of examples."""
    found: dict[int, None] = dict.fromkeys(divisors(scene))
    for node in scene.nearest_first:
        if isinstance(node.operation, Sum) and not scene.is_known(node):
            lengths = [node.inputs[0].shape[axis] for axis in node.operation.axis]
            found |= dict.fromkeys([size_of(tuple(lengths)), *lengths])
        elif isinstance(node.operation, MatMul) and isinstance(node.inputs[0].operation, Transpose):
            found[node.inputs[0].shape[-1]] = None
    rows = [one.shape[0] for one in scene.names if one.ndim == 2 and one.inputs]
    found |= dict.fromkeys(rows)
    return [one for one in found if 2 <= one <= LARGEST_BATCH]


def divisors(scene: Scene) -> list[int]:
    """The whole numbers that something is divided by."""
    below = [one.inputs[1] for one in scene.nearest_first if isinstance(one.operation, Divide)]
    found = [literal(one) for one in below]
    return [int(one) for one in found if one is not None and one == int(one) and one > 1]


def whole(node: Node, scene: Scene) -> Iterator[Change]:
    """The whole result doubled, halved, averaged over a batch or not."""
    if node is not scene.target:
        return
    place = scene.where(node)
    yield Change("factor-two", place, ((node, node * 2),))
    yield Change("factor-half", place, ((node, node / 2),))
    means = divisors(scene)
    for count in batches(scene):
        details = (("count", str(count)),)
        less, more = ("mean-twice", "mean-dropped") if count in means else MEANS
        yield Change(less, place, ((node, node / count),), details)
        yield Change(more, place, ((node, node * count),), details)


def constants(node: Node, scene: Scene) -> Iterator[Change]:
    """A factor or a divisor left out, or taken twice."""
    product = product_at(node, scene)
    if product is None:
        return
    in_slopes = {at for slope in slopes_in(product) for at in slope.at}
    for at, factor in enumerate(product.factors):
        rest = [*product.factors[:at], *product.factors[at + 1 :]]
        value, place = literal(factor), scene.where(factor)
        if at in in_slopes or (not rest and not product.divisors):
            continue
        dropped = Change(_dropped(factor, scene), place, ((node, product.remade(rest)),))
        yield dropped
        if value is not None or bare(factor).shape == ():
            twice = product.remade([*product.factors, factor])
            yield Change("factor-doubled", place, ((node, twice),))
    counts = divisors(scene)
    for at, divisor in enumerate(product.divisors):
        rest = [*product.divisors[:at], *product.divisors[at + 1 :]]
        is_mean = literal(divisor) in counts
        place = f"1/{scene.where(divisor)}"
        made = product.remade(product.factors, rest)
        details = (("count", scene.where(divisor)),) if is_mean else ()
        code = "mean-dropped" if is_mean else "factor-dropped"
        yield Change(code, place, ((node, made),), details)
        made = product.remade(product.factors, [*product.divisors, divisor])
        code = "mean-twice" if is_mean else "factor-doubled"
        yield Change(code, place, ((node, made),), details)


def _dropped(factor: Node, scene: Scene) -> str:
    is_scalar = bare(factor).shape == () and bare(factor) in scene.names
    is_update = scene.names.get(scene.target, "").startswith("new(")
    return "learning-rate-dropped" if is_scalar and is_update else "factor-dropped"


def sums(node: Node, scene: Scene) -> Iterator[Change]:
    """A sum over a batch: left out, of one example only, averaged."""
    if scene.is_known(node) or not isinstance(node.operation, Sum):
        return
    inner, axes = node.inputs[0], node.operation.axis
    place = scene.where(node)
    if node is scene.target:
        yield Change("not-summed", place, ((node, inner),))
    if not axes:
        return
    length = inner.shape[axes[0]]
    for at in range(min(length, MOST_EXAMPLES)) if length > 1 else ():
        one = take(inner, (slice(None),) * axes[0] + (slice(at, at + 1),))
        details = (("index", str(at + scene.paper.index_base)),)
        yield Change("one-example", place, ((node, node.operation(one)),), details)
    if node is not scene.target and length > 1:
        details = (("count", str(length)),)
        yield Change("mean-for-sum", place, ((node, node / length),), details)


def contractions(node: Node, scene: Scene) -> Iterator[Change]:
    """Xᵀ @ D, which sums over a batch: one example only, or example by example."""
    if scene.is_known(node) or not isinstance(node.operation, MatMul):
        return
    a, b = node.inputs
    if not isinstance(a.operation, Transpose) or a.ndim != 2 or b.ndim != 2 or a.shape[1] < 2:
        return
    place = scene.where(node)
    for at in range(min(a.shape[1], MOST_EXAMPLES)):
        made = MatMul()(a[:, at : at + 1], b[at : at + 1])
        details = (("index", str(at + scene.paper.index_base)),)
        yield Change("one-example", place, ((node, made),), details)


MUTATORS = constants, whole, sums, contractions
