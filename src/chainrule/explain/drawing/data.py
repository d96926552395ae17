"""A drawing as JSON: format 1, described in docs/drawing.md.  Nothing is shortened in it."""

from __future__ import annotations

from typing import Any

from chainrule.explain.drawing.graph import Block, Constant, Drawing, Edge, Quantity
from chainrule.explain.language.catalogue import say
from chainrule.graph.node import Shape
from chainrule.graph.sizes import Size

__all__ = ["drawing_json"]

FORMAT = 1
Json = dict[str, Any]


def drawing_json(drawing: Drawing) -> Json:
    """The quantities in order, inputs first, and the edges between them by their places there."""
    return {
        "format": FORMAT,
        "title": say(drawing.title, drawing.language),
        "quantities": [_quantity(one) for one in drawing.quantities],
        "edges": [_edge(one) for one in drawing.edges],
        "aside": [_constant(one) for one in drawing.aside],
    }


def _quantity(one: Quantity) -> Json:
    gradient = one.gradient
    return {
        "name": one.name,
        "kind": one.kind,
        "formula": one.formula or None,
        "shape": _shape(one.shape),
        "value": _value(one.value),
        "gradient": gradient and {"symbol": gradient.symbol, "value": _value(gradient.value)},
        "constants": [_constant(constant) for constant in one.constants],
    }


def _constant(one: Constant) -> Json:
    return {"name": one.name, "shape": _shape(one.shape), "value": _value(one.value)}


def _edge(one: Edge) -> Json:
    return {
        "from": one.lower,
        "to": one.upper,
        "symbol": one.symbol,
        "shape": _shape(one.shape),
        "derivative": " ".join(one.text) or None,
        "value": _value(one.number),
    }


def _value(block: Block | None) -> Json | None:
    """As it is shown; `exact` says whether that is the true number."""
    if block is None or block.sign == "∈":
        return None
    text = block.text.removeprefix(block.sign).strip()
    return {"text": text, "exact": block.sign == "="}


def _shape(shape: Shape) -> list[int | str]:
    return [str(length) if isinstance(length, Size) else length for length in shape]
