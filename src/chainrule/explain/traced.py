"""A traced function as a program: its arguments are given, its local variables are defined, and its
derivatives by every array of real numbers are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import gradient
from chainrule.explain.indices import shown
from chainrule.explain.source import is_readable
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.source import Source, Span
from chainrule.ops.broadcasting import reshape
from chainrule.paper.program import Asked, Defined, Given, Paper, Question
from chainrule.trace.tracer import Trace

__all__ = ["paper_of"]

NOWHERE = Span(0, 0)


def paper_of(found: Trace, values: Sequence[Array], name: str, source: Source) -> Paper:
    """The program that a traced function is, at these values of its inputs.

    `name` is what the result is called if the function gives it no name of its own.
    """
    graph = _with_result(found, name)
    inputs = found.inputs
    known = dict(zip(inputs, values, strict=True))
    needed = set(topological(found.outputs))
    nodes = [graph[label] for label in graph.names]
    givens = [node for node in nodes if node in known and node in needed]
    return Paper(
        source=source,
        graph=graph,
        givens=tuple([_given(graph.name_of(node) or "", node, known[node]) for node in givens]),
        definitions=tuple(_definitions(found, graph, needed)),
        functions=(),
        questions=tuple(
            _question(graph, of, wrt)
            for of in found.outputs
            if of.dtype.kind == "f"
            for wrt in givens
            if wrt.dtype.kind == "f"
        ),
        updates=(),
        notes=(),
    )


def _with_result(found: Trace, name: str) -> Graph:
    """The trace's names, and one for each result that has none."""
    nodes = {label: found.graph[label] for label in found.graph.names}
    taken = set(nodes.values())
    unnamed = [node for node in found.outputs if node not in taken]
    for number, node in enumerate(unnamed, 1):
        label = name if len(unnamed) == 1 else f"{name}_{number}"
        while label in nodes:
            label += "_"
        nodes[label] = node
    return Graph(nodes)


def _given(name: str, node: Node, value: Array) -> Given:
    array = np.asarray(value, node.dtype)
    return Given(name, node, array, (), NOWHERE)


def _definitions(found: Trace, graph: Graph, needed: set[Node]) -> Iterator[Defined]:
    for name in graph.names:
        node = graph[name]
        if not node.inputs or node not in needed:
            continue
        text = shown(node, partial(_name_of_other, graph, node), 0)
        place = found.places.get(node)
        written = "" if place is None else place.expression
        yield Defined(name, node, text if is_readable(text) else written, NOWHERE)


def _name_of_other(graph: Graph, node: Node, lower: Node) -> str | None:
    """A quantity's name in the formula of `node`, which is not said by its own."""
    return None if lower is node else graph.name_of(lower)


def _question(graph: Graph, of: Node, wrt: Node) -> Question:
    if of.shape == ():
        slope = gradient(of, wrt)
    else:
        slope = reshape(multiplied_out(jacobian(of, wrt), of.dtype), to=(of.size, wrt.size))
    text = f"∂{graph.name_of(of)}/∂{graph.name_of(wrt)}"
    return Question(text, slope, (Asked(of, wrt),), True, True, NOWHERE)
