"""Activations and their derivatives: left out, another one's, taken at the wrong place."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.node import Node
from chainrule.marking.mistakes.products import (
    SMOOTH,
    Function,
    Slope,
    derivative,
    masked,
    product_at,
    slopes_in,
)
from chainrule.marking.mistakes.scene import Change, Scene
from chainrule.ops.activation import Relu, Sigmoid, Tanh, relu
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.choice import where

__all__ = ["MUTATORS"]


def slopes(node: Node, scene: Scene) -> Iterator[Change]:
    """y (1 − y) or 1 − y² in a product: left out, squared, another function's, elsewhere."""
    product = product_at(node, scene)
    if product is None:
        return
    for slope in slopes_in(product):
        rest = [one for at, one in enumerate(product.factors) if at not in slope.at]
        own = [product.factors[at] for at in slope.at]
        where_ = scene.slope(slope.y)
        for code, factors, details in _instead(slope, own):
            made = product.remade([*factors, *rest])
            yield Change(code, where_, ((node, made),), details)


Instead = tuple[str, list[Node], tuple[tuple[str, str], ...]]


def _instead(slope: Slope, own: list[Node]) -> Iterator[Instead]:
    y, x = slope.y, slope.x
    function = SMOOTH[slope.kind]
    (name,) = SMOOTH.keys() - {slope.kind}
    other, details = SMOOTH[name], (("other", name),)
    yield "derivative-dropped", [], ()
    yield "activation-for-derivative", [y], ()
    yield "derivative-squared", own + own, ()
    for part in ([1 - y], [y, 1 + y]) if name == "tanh" else ([1 - y], [y, y], [1 + y**2]):
        yield "derivative-part", part, ()
    yield "derivative-other", [derivative(other, y)], details
    yield "derivative-argument", [derivative(function, function(y))], ()
    yield "derivative-other", [derivative(relu, y, x)], (("other", "relu"),)
    if x is not None:
        yield "derivative-argument", [derivative(function, x)], ()
        yield "derivative-other", [derivative(other, other(x))], details


def masks(node: Node, scene: Scene) -> Iterator[Change]:
    """What a ReLU sends back: not masked, masked by another array, times another derivative."""
    found = masked(node)
    if found is None:
        return
    x, u = found
    place = f"[{scene.where(x)} > 0]"
    yield Change("derivative-dropped", place, ((node, u),))
    yield Change("mask-of-gradient", place, ((node, where(u > 0, u, node.inputs[2])),))
    for other in _alike(x, scene):
        if other is not x and other.shape == u.shape:
            details = (("other", scene.where(other)),)
            yield Change("mask", place, ((node, where(other > 0, u, node.inputs[2])),), details)
    wide = broadcast(x, to=u.shape)
    zero = node.inputs[2]
    yield Change("mask-at-zero", place, ((node, where(wide >= 0, u, zero)),))
    yield Change("mask-turned", place, ((node, where(wide > 0, zero, u)),))
    yield Change("activation-for-derivative", place, ((node, u * relu(wide)),))
    for name, function in SMOOTH.items():
        for y in (function(wide), relu(wide)):
            made, details = u * derivative(function, y), (("other", name),)
            yield Change("derivative-other", place, ((node, made),), details)


def _alike(x: Node, scene: Scene) -> list[Node]:
    """Other quantities of the same shape."""
    return [one for one in scene.names if one.shape == x.shape and one is not scene.target]


FUNCTIONS: dict[str, Function] = {**SMOOTH, "relu": relu}


def forward(node: Node, scene: Scene) -> Iterator[Change]:
    """An activation left out, or another one in its place."""
    if scene.is_known(node) or not isinstance(node.operation, Sigmoid | Tanh | Relu):
        return
    x = node.inputs[0]
    name = node.operation.name
    yield Change("activation-dropped", scene.where(node), ((node, x),), (("name", name),))
    for other, function in FUNCTIONS.items():
        if other != name:
            details = (("name", name), ("other", other))
            yield Change("activation-other", scene.where(node), ((node, function(x)),), details)
    new = (node, derivative(FUNCTIONS[name], node, x))
    yield Change("derivative-for-activation", scene.where(node), (new,), (("name", name),))


MUTATORS = slopes, masks, forward
