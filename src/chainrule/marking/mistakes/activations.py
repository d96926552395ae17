"""Activations and their derivatives: left out, another one's, taken at the wrong place."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.graph.node import Node
from chainrule.marking.mistakes.products import (
    Slope,
    masked,
    positive,
    product_at,
    slopes_in,
    tanh_slope,
)
from chainrule.marking.mistakes.scene import Change, Scene
from chainrule.ops.activation import Relu, Sigmoid, Tanh, relu, sigmoid, tanh
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.choice import where

__all__ = ["MUTATORS"]


SIGMOID, TANH = (("other", "sigmoid"),), (("other", "tanh"),)


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
    yield "derivative-dropped", [], ()
    yield "activation-for-derivative", [y], ()
    yield "derivative-squared", own + own, ()
    if slope.kind == "sigmoid":
        yield "derivative-part", [1 - y], ()
        yield "derivative-part", [y, 1 + y], ()
        yield "derivative-other", [tanh_slope(y)], (("other", "tanh"),)
        yield "derivative-argument", [sigmoid(y), 1 - sigmoid(y)], ()
    else:
        yield "derivative-part", [1 - y], ()
        yield "derivative-part", [y, y], ()
        yield "derivative-part", [1 + y**2], ()
        yield "derivative-other", [y, 1 - y], (("other", "sigmoid"),)
        yield "derivative-argument", [tanh_slope(tanh(y))], ()
    yield "derivative-other", [positive(y if x is None else x)], (("other", "relu"),)
    if x is not None and slope.kind == "sigmoid":
        yield "derivative-argument", [x, 1 - x], ()
        yield "derivative-other", [tanh_slope(tanh(x))], (("other", "tanh"),)
    elif x is not None:
        yield "derivative-argument", [tanh_slope(x)], ()
        yield "derivative-other", [sigmoid(x), 1 - sigmoid(x)], (("other", "sigmoid"),)


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
    for y in (sigmoid(wide), relu(wide)):
        yield Change("derivative-other", place, ((node, u * (y * (1 - y))),), SIGMOID)
    for y in (tanh(wide), relu(wide)):
        yield Change("derivative-other", place, ((node, u * tanh_slope(y)),), TANH)


def _alike(x: Node, scene: Scene) -> list[Node]:
    """Other quantities of the same shape."""
    return [one for one in scene.names if one.shape == x.shape and one is not scene.target]


FUNCTIONS = {"sigmoid": sigmoid, "tanh": tanh, "relu": relu}


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
    new = (node, _derivative(node))
    yield Change("derivative-for-activation", scene.where(node), (new,), (("name", name),))


def _derivative(y: Node) -> Node:
    if isinstance(y.operation, Sigmoid):
        return y * (1 - y)
    return tanh_slope(y) if isinstance(y.operation, Tanh) else positive(y.inputs[0])


MUTATORS = slopes, masks, forward
