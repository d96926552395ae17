"""Expressions as text of the paper language: what is printed parses back to the same node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chainrule.graph.node import Computation, Constant, Node, Shape, constant, topological
from chainrule.notation.numbers import exact
from chainrule.notation.precedence import LEVELS, places
from chainrule.ops.arithmetic import Divide, Multiply
from chainrule.ops.broadcasting import Broadcast, Cast, common_shape
from chainrule.ops.contract import Elementwise, Operation
from chainrule.ops.contraction import MatMul
from chainrule.ops.diagonals import PlaceDiagonal

__all__ = ["TOO_LONG", "Written", "constant_text", "mixes_products", "show", "write"]

MOST_NODES = 2_000  # an expression with more nodes, or a longer text, is not something to read
LONGEST = 20_000
TOO_LONG = "…"
IN_BRACKETS = "[*]"  # the form of what is written as brackets around all its operands
ZERO, ONE = constant(0.0), constant(1.0)
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
    """Every node's text from its operands' texts, by `form`; a named node stands as its name.

    A shared node is written wherever it is read, so that a small graph can have a huge text: what
    is longer than anybody reads comes out as `…`.
    """
    read: dict[Node, list[Node]] = {}
    written: dict[Node, Written] = {}

    def below(lower: Node) -> Iterable[Node]:
        name = name_of(lower)
        if name is not None:
            written[lower] = name, LEVELS["sign" if name.startswith("-") else "call"]
            return ()
        read[lower] = operands(lower)
        return read[lower]

    order = topological([node], below)
    if len(order) > MOST_NODES:
        return TOO_LONG
    for lower in order:
        if lower in read:
            inner = read[lower]
            texts = [written[one] for one in inner]
            if lower.size * _is_written(lower) + sum(len(text) for text, _ in texts) > LONGEST:
                return TOO_LONG
            written[lower] = form(lower, inner, texts)
    return written[node][0]


def _is_written(node: Node) -> bool:
    return isinstance(node.operation, Constant)


def operands(node: Node) -> list[Node]:
    """The inputs as they are written: repetition that reading restores is left out."""
    if isinstance(node.operation, PlaceDiagonal):  # diag(h > 0) makes numbers of truth values
        return [_without_cast(lower) for lower in node.inputs]
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
    if isinstance(node.operation, Broadcast) and not node.distinct:
        node = node.inputs[0]
    return _without_cast(node)


def _without_cast(node: Node) -> Node:
    is_truth = isinstance(node.operation, Cast) and node.inputs[0].dtype.kind == "b"
    return node.inputs[0] if is_truth and not node.distinct else node


def operation_text(node: Node, inner: list[Node], texts: list[Written]) -> Written:
    """One operation over its operands' texts."""
    operation = node.operation
    if isinstance(operation, Constant):
        text = constant_text(operation)
        return text, LEVELS["sign" if text.startswith("-") else "call"]
    if not isinstance(operation, Operation):
        return f"<{operation.name}>", LEVELS["call"]
    if isinstance(operation, Broadcast) and inner[0] in (ZERO, ONE) and 0 not in node.shape:
        sizes = ", ".join(setting_text(size) for size in node.shape)
        return f"{'zeros' if inner[0] is ZERO else 'ones'}({sizes})", LEVELS["call"]
    settings = operation.settings(node.inputs)
    if says_all(operation.text, settings):
        if operation.text == IN_BRACKETS:
            return f"[{', '.join(text for text, _ in texts)}]", LEVELS["call"]
        return infix(operation, operation.text, inner, texts), LEVELS[operation.precedence]
    arguments = [text for text, _ in texts]
    arguments += [f"{name}={setting_text(value)}" for name, value in settings]
    return f"{operation.name}({', '.join(arguments)})", LEVELS["call"]


def says_all(template: str, settings: list[tuple[str, Any]]) -> bool:
    """Whether there is a form, and every setting has a place in it; else a call is written."""
    return bool(template) and all(f"{{{name}}}" in template for name, _ in settings)


def infix(operation: Operation, template: str, inner: list[Node], texts: list[Written]) -> str:
    """A template filled in, operands in parentheses where they bind too loosely.

    So are negative numbers after a sign, and the number in -(2), which is not the number -2.
    """
    loosest = places(operation.precedence, len(texts))
    parts = []
    for at, ((text, level), place) in enumerate(zip(texts, loosest, strict=True)):
        signed = at > 0 and text.startswith("-") and operation.precedence != "power"
        literal = operation.precedence == "sign" and isinstance(inner[at].operation, Constant)
        mixed = level == LEVELS["product"] and mixes_products(operation, inner, at)
        parts.append(f"({text})" if level < place or signed or literal or mixed else text)
    values = {name: setting_text(value) for name, value in operation.settings(())}
    return template.format(*parts, **values)


def mixes_products(operation: Computation, inner: list[Node], at: int) -> bool:
    """Whether a product of matrices stands in one of entries, or one of entries in it.

    Nobody sees at a glance what `A @ x * y` multiplies first: it is written `(A @ x) * y`.  A
    number may stand in front, `2 * A @ x`, and a matrix product be divided by one, `A @ x / 2`.
    """
    below = inner[at].operation
    if isinstance(operation, MatMul):
        by_entries = isinstance(below, Multiply) and all(one.ndim for one in operands(inner[at]))
        return by_entries or isinstance(below, Divide)
    if not isinstance(below, MatMul) or not isinstance(operation, Multiply | Divide):
        return False
    return all(one.ndim for one in inner)


def setting_text(value: Any) -> str:
    """A setting as it is written: a number, a word, brackets; index entries without brackets."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float | int):
        return exact(value)
    if value in (None, "", ()):
        return "_"
    if isinstance(value, tuple):
        return "[" + ", ".join(setting_text(entry) for entry in value) + "]"
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
