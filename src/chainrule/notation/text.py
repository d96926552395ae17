"""Expressions as text of the paper language: what is printed parses back to the same node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chainrule.graph.node import Constant, Node, Shape, topological
from chainrule.notation.numbers import exact
from chainrule.notation.precedence import LEVELS, places
from chainrule.ops.broadcasting import Broadcast, Cast, common_shape
from chainrule.ops.contract import Elementwise, Operation

__all__ = ["Written", "constant_text", "show", "write"]

MOST_NODES = 2_000  # an expression with more nodes is not something to read
Written = tuple[str, int]  # a text and the level it binds at
NameOf = Callable[[Node], str | None]


def show(node: Node, name_of: NameOf = lambda _: None) -> str:
    """The node's expression, down to named nodes, which stand as their names.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.activation import sigmoid
    >>> x, y = variable((2,)), variable((2,))
    >>> show(-(x - y) * sigmoid(x) ** 2 / 3, {x: "x", y: "y"}.get)
    '(y - x) * sigmoid(x)^2 / 3'
    """
    return write(node, name_of, operation_text)


def write(
    node: Node,
    name_of: NameOf,
    form: Callable[[Node, list[Node], list[Written]], Written],
) -> str:
    """Every node's text from its operands' texts, by `form`; a named node stands as its name."""
    name = name_of(node)
    if name is not None:
        return name

    def below(lower: Node) -> Iterable[Node]:
        named = lower is not node and name_of(lower) is not None
        return () if named else operands(lower)

    order = topological([node], below)
    if len(order) > MOST_NODES:
        return "…"
    written: dict[Node, Written] = {}
    for lower in order:
        name = name_of(lower)
        if name is not None:
            written[lower] = name, LEVELS["sign" if name.startswith("-") else "call"]
        else:
            inner = operands(lower)
            written[lower] = form(lower, inner, [written[one] for one in inner])
    return written[node][0]


def operands(node: Node) -> list[Node]:
    """The inputs as they are written: repetition that reading restores is left out."""
    if not isinstance(node.operation, Elementwise):
        return list(node.inputs)
    bare = [_unwrapped(lower) for lower in node.inputs]
    shape = bare[0].shape
    for lower in bare[1:]:
        wider = common_shape(shape, lower.shape)
        if wider is None:
            return list(node.inputs)
        shape = wider
    return bare if shape == node.shape and len(bare) > 1 else list(node.inputs)


def _unwrapped(node: Node) -> Node:
    if isinstance(node.operation, Broadcast):
        node = node.inputs[0]
    if isinstance(node.operation, Cast) and node.inputs[0].dtype.kind == "b":
        node = node.inputs[0]
    return node


def operation_text(node: Node, inner: list[Node], texts: list[Written]) -> Written:
    """One operation over its operands' texts."""
    operation = node.operation
    if isinstance(operation, Constant):
        text = constant_text(operation)
        return text, LEVELS["sign" if text.startswith("-") else "call"]
    if not isinstance(operation, Operation):
        return f"<{operation.name}>", LEVELS["call"]
    if operation.text == "[*]" and not operation.settings(node.inputs):
        return "[" + ", ".join(text for text, _ in texts) + "]", LEVELS["call"]
    if operation.name == "transpose" and not operation.settings(node.inputs):
        text, level = texts[0]
        return (text if level >= LEVELS["postfix"] else f"({text})") + "ᵀ", LEVELS["postfix"]
    if operation.text and operation.text != "[*]":
        return infix(operation, operation.text, texts), LEVELS[operation.precedence]
    settings = [f"{name}={setting_text(value)}" for name, value in operation.settings(node.inputs)]
    arguments = ", ".join([text for text, _ in texts] + settings)
    return f"{operation.name}({arguments})", LEVELS["call"]


def infix(operation: Operation, template: str, texts: list[Written]) -> str:
    """A template filled in, operands in parentheses where they bind too loosely."""
    loosest = places(operation.precedence, len(texts))
    parts = [
        f"({text})"
        if level < place or (operation.name == "negate" and text[0] in "-0123456789.")
        else text
        for (text, level), place in zip(texts, loosest, strict=True)
    ]
    values = {name: setting_text(value) for name, value in operation.settings(())}
    return template.format(*parts, **values)


def setting_text(value: Any) -> str:
    """A setting as it is written: a number, a word, brackets; index entries without brackets."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float | int):
        return exact(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(setting_text(entry) for entry in value) + "]"
    if value is None or value == "":
        return "_"
    return value.name if isinstance(value, np.dtype) else str(value)


def constant_text(constant: Constant) -> str:
    """A written number or array, in its own text where it has one."""
    texts = constant.text or tuple(exact(float(entry)) for entry in constant.value.reshape(-1))
    return _nested(texts, constant.of_shape)


def _nested(texts: tuple[str, ...], shape: Shape) -> str:
    if not shape:
        return texts[0]
    rows = len(texts) // max(shape[0], 1)
    parts = [texts[at * rows : (at + 1) * rows] for at in range(shape[0])]
    return "[" + ", ".join(_nested(part, shape[1:]) for part in parts) + "]"
