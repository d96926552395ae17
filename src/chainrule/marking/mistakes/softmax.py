"""Softmax and cross-entropy: Jacobians cut short, labels misplaced, clipped logarithms."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.node import Node
from chainrule.marking.mistakes.scene import Change, Scene
from chainrule.ops.algebra import number
from chainrule.ops.arithmetic import Multiply, Subtract
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.elementary import Log, XDivY, XLogY
from chainrule.ops.limiting import Clip
from chainrule.ops.naming import original
from chainrule.ops.normalizing import Softmax, SoftmaxPullback
from chainrule.ops.reduction import spread, sum_

__all__ = ["MUTATORS"]

CLIPPED = range(2, 13)  # powers of ten that probabilities are kept above


def pullbacks(node: Node, scene: Scene) -> Iterator[Change]:
    """(diag(s) − s sᵀ) u: only the diagonal, only the rest, left out."""
    if scene.is_known(node) or not isinstance(node.operation, SoftmaxPullback):
        return
    s, u = node.inputs
    yield from _cut_short(node, scene, s, u)


def with_labels(node: Node, scene: Scene) -> Iterator[Change]:
    """S − T, which softmax and cross-entropy leave together: made of −T/S as they go."""
    found = None if scene.is_known(node) else shares_and_label(node)
    if found is not None:
        s, label = found
        is_turned = node.inputs[0] is label
        sent = label / s if is_turned else -(label / s)
        yield from _cut_short(node, scene, s, sent)
        total = spread(sum_(label, axis=label.ndim - 1), (label.ndim - 1,), label.shape)
        made = total - node.inputs[1] if is_turned else node.inputs[0] - total
        yield Change("label-for-all", scene.where(label), ((node, made),))


def shares_and_label(node: Node) -> tuple[Node, Node] | None:
    """S and T of S ΣT − T, which is S − T for one label; or of T − S ΣT."""
    if not isinstance(node.operation, Subtract):
        return None
    for shares, label in (node.inputs, node.inputs[::-1]):
        parts = shares.inputs if isinstance(shares.operation, Multiply) else (shares,)
        for s in parts:
            if isinstance(original(s).operation, Softmax):
                return s, label
    return None


def _cut_short(node: Node, scene: Scene, s: Node, u: Node) -> Iterator[Change]:
    place = scene.slope(s)
    diagonal = s * (1 - s) * u
    yield Change("derivative-dropped", place, ((node, u),))
    yield Change("softmax-diagonal-only", place, ((node, diagonal),))
    yield Change("softmax-off-diagonal", place, ((node, SoftmaxPullback()(s, u) - diagonal),))
    yield Change("activation-for-derivative", place, ((node, s * u),))


def clipped(node: Node, scene: Scene) -> Iterator[Change]:
    """Probabilities kept within [10⁻ᵏ, 1 − 10⁻ᵏ], in a logarithm or where they are stated."""
    if scene.is_known(node):
        return
    if isinstance(node.operation, Softmax) and node is scene.target:
        yield from _clips(node, node, scene)
    elif isinstance(node.operation, XLogY | XDivY | Log):
        yield from _clips(node, node.inputs[-1], scene)


def _clips(node: Node, shares: Node, scene: Scene) -> Iterator[Change]:
    for power in CLIPPED:
        low, high = [
            broadcast(number(one, shares), to=shares.shape)
            for one in (10.0**-power, 1 - 10.0**-power)
        ]
        kept = Clip()(shares, low, high)
        made = kept if node is shares else node.operation(*node.inputs[:-1], kept)
        details = (("least", f"10^-{power}"),)
        yield Change("clipped", scene.where(shares), ((node, made),), details)


def labels(node: Node, scene: Scene) -> Iterator[Change]:
    """T/S and T log S with the label left out."""
    if scene.is_known(node) or not isinstance(node.operation, XLogY | XDivY):
        return
    label, s = node.inputs
    one = broadcast(number(1.0, s), to=s.shape)
    yield Change("factor-dropped", scene.where(label), ((node, node.operation(one, s)),))


MUTATORS = pullbacks, with_labels, clipped, labels
