"""Signs: of the whole, of a term, (y − t) for (t − y); terms and paths left out; bias forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.node import Node, constant
from chainrule.marking.mistakes.scene import Change, Scene, bare
from chainrule.marking.mistakes.softmax import shares_and_label
from chainrule.ops.arithmetic import Add, PowerOf, Subtract
from chainrule.ops.broadcasting import Broadcast, literal
from chainrule.ops.contraction import MatMul

__all__ = ["MUTATORS"]

MOST_TERMS = 6  # of a product of matrices that are left out one by one


def whole(node: Node, scene: Scene) -> Iterator[Change]:
    """The sign of all."""
    if node is scene.target:
        yield Change("sign", scene.where(node), ((node, -node),))


def differences(node: Node, scene: Scene) -> Iterator[Change]:
    """a − b: turned round, added, one of the two left out; a step uphill."""
    if scene.is_known(node) or not isinstance(node.operation, Subtract):
        return
    a, b = node.inputs
    if literal(a) is not None:
        return  # 1 − y belongs to an activation
    place = scene.formula(node)
    if any(node is one.new for one in scene.paper.updates) or node is scene.target is _step(scene):
        yield Change("learning-rate-sign", place, ((node, a + b),))
        yield Change("term-dropped", scene.where(a), ((node, -b),))
        yield Change("term-dropped", scene.where(a), ((node, b),))
        return
    with_label = shares_and_label(node)
    if with_label is not None:
        s, label = map(scene.where, with_label)
        place = f"{label} - {s}" if a is with_label[1] else f"{s} - {label}"
    yield Change("difference-reversed", place, ((node, b - a),))
    yield Change("term-sign", scene.where(b), ((node, a + b),))
    code = _missing(node, scene)
    yield Change(code, scene.where(b), ((node, a),))
    yield Change(code, scene.where(a), ((node, -b),))


def _step(scene: Scene) -> Node | None:
    """The target, if it is the new value of a parameter."""
    named = scene.names.get(scene.target, "")
    return scene.target if named.startswith("new(") else None


def sums(node: Node, scene: Scene) -> Iterator[Change]:
    """a + b: one of the two left out, or with the other sign."""
    if scene.is_known(node) or not isinstance(node.operation, Add):
        return
    for kept, left in (node.inputs, node.inputs[::-1]):
        code = "bias-forgotten" if _is_bias(left, scene) else _missing(node, scene)
        yield Change(code, scene.where(left), ((node, kept),))
        yield Change("term-sign", scene.where(left), ((node, kept - left),))


def _is_bias(node: Node, scene: Scene) -> bool:
    inner = bare(node)
    is_parameter = inner in scene.names and not inner.inputs
    return is_parameter and (isinstance(node.operation, Broadcast) or node.ndim < 2)


def _missing(node: Node, scene: Scene) -> str:
    is_plain = any(scene.is_quantity(bare(one)) for one in node.inputs)
    is_plain = is_plain or shares_and_label(node) is not None
    return "path-left-out" if scene.is_backward(node) and not is_plain else "term-dropped"


def products(node: Node, scene: Scene) -> Iterator[Change]:
    """One unit's term left out of the sums of a matrix product."""
    if scene.is_known(node) or not isinstance(node.operation, MatMul) or scene.depth[node] > 1:
        return
    a, b = node.inputs
    count = a.shape[-1]
    if not 1 < count <= MOST_TERMS:
        return
    for at in range(count):
        kept = constant([float(one != at) for one in range(count)])
        made = MatMul()(a * kept, b)
        place = f"{scene.formula(node)} (k = {at + scene.paper.index_base})"
        code = "path-left-out" if scene.is_backward(node) else "term-dropped"
        yield Change(code, place, ((node, made),))


def powers(node: Node, scene: Scene) -> Iterator[Change]:
    """A square or another power left out."""
    if not scene.is_known(node) and isinstance(node.operation, PowerOf):
        yield Change("power-dropped", scene.where(node), ((node, node.inputs[0]),))


MUTATORS = whole, differences, sums, products, powers
