"""The gradients that known mistakes would give: the function's own chain with one factor changed.

A local Jacobian that is left out, a path that is overlooked, one example in place of the batch:
each is the product of the same maps but for one, so that a wrong gradient can be recognized.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.walk import adjoints
from chainrule.errors import ChainruleError
from chainrule.functions.staging import Staged
from chainrule.graph.node import Array, Node, topological
from chainrule.ops.broadcasting import Broadcast, literal
from chainrule.ops.contract import Elementwise
from chainrule.ops.contraction import MatMul
from chainrule.run.interpreter import Plan
from chainrule.trace.tracer import Trace, called

__all__ = ["contributions", "known_mistakes"]

MOST = 24  # steps of a function that are looked at
Found = tuple[Trace, Node, Node, Sequence[Array]]


def known_mistakes(
    function: Callable[..., Any], inputs: Sequence[Any], position: int
) -> dict[str, Array]:
    """By a sentence about each mistake the gradient that it gives; none if f cannot be traced."""
    found = _traced(function, inputs, position)
    if found is None:
        return {}
    traced, output, wrt, values = found
    sentences = dict(_changed_chains(traced, output, wrt))
    if not sentences:
        return {}
    gradients = Plan(list(sentences.values()), traced.inputs)(*values)
    return dict(zip(sentences, gradients, strict=True))


def contributions(
    function: Callable[..., Any], inputs: Sequence[Any], position: int
) -> Array | None:
    """What each row of a batch adds to the gradient, stacked; None if it is no sum over rows."""
    found = _traced(function, inputs, position)
    if found is None:
        return None
    traced, output, wrt, values = found
    slopes = adjoints(output)
    users = [node for node in topological([output]) if wrt in node.inputs and node in slopes]
    if len(users) != 1:
        return None
    (user,) = users
    cotangent = slopes[user]
    if isinstance(user.operation, Broadcast) and user.ndim == wrt.ndim + 1:
        return Plan([cotangent], traced.inputs)(*values)[0]
    if isinstance(user.operation, MatMul) and user.ndim == 2 and user.inputs[1] is wrt:
        X, dH = Plan([user.inputs[0], cotangent], traced.inputs)(*values)
        return np.asarray(np.einsum("ni,nj->nij", X, dH) if wrt.ndim == 2 else X * dH[:, None])
    return None


def _traced(function: Callable[..., Any], inputs: Sequence[Any], position: int) -> Found | None:
    """The function's graph, its result, what it is differentiated by, and the inputs' values."""
    try:
        program, values = Staged(function, called, frozenset([position])).program(inputs, {})
    except (ChainruleError, TypeError, ValueError, AttributeError):
        return None  # it is no plain NumPy function; that is said elsewhere if it matters
    traced = program.trace
    before = sum(isinstance(one, np.ndarray | float | np.floating) for one in inputs[:position])
    if len(traced.outputs) != 1 or traced.outputs[0].shape or before >= len(traced.arguments):
        return None
    return traced, traced.outputs[0], traced.arguments[before], values


def _changed_chains(traced: Trace, output: Node, wrt: Node) -> Iterator[tuple[str, Node]]:
    """A sentence and the gradient, for each mistake in the chain from the result to `wrt`."""
    slopes = adjoints(output, (wrt,))
    steps = [node for node in slopes if node is not wrt and node is not output][:MOST]
    within: set[Node] = set()  # chains are looked at whole, not from their middle
    for node in steps:
        start, *inner = _entrywise_chain(node)
        if node not in within and start is not node:
            within.update(inner)
            others = adjoints(output, (wrt,), held=frozenset([node])).get(wrt)
            sent = adjoints(start, (wrt,), slopes[node]).get(wrt)
            if sent is not None:
                said = f"The derivative of {_said(traced, node)} is left out"
                yield f"{said}.", sent if others is None else others + sent
                # σ(z) is written 1 / (1 + exp(-z)): what is left out may be meant by -z, or by z.
                yield f"{said}, but for its sign.", -sent if others is None else others - sent
    for node in steps:
        if traced.graph.name_of(node) is not None:
            others = adjoints(output, (wrt,), held=frozenset([node])).get(wrt)
            if others is not None:
                yield f"What goes through {_said(traced, node)} is left out.", others


def _entrywise_chain(node: Node) -> list[Node]:
    """The entry-by-entry steps of one variable that end in a node: where they begin comes first."""
    chain = [node]
    while isinstance(node.operation, Elementwise):
        varying = [lower for lower in dict.fromkeys(node.inputs) if literal(lower) is None]
        if len(varying) != 1 or varying[0].shape != node.shape:
            break
        node = varying[0]
        chain.append(node)
    return chain[::-1]


def _said(traced: Trace, node: Node) -> str:
    """A step by its name and line: "Y (line 10)"."""
    place = traced.places.get(node)
    name = traced.graph.name_of(node) or f"`{node.operation.name}`"
    return name if place is None else f"{name} (line {place.line})"
