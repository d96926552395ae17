"""Closed forms: the time beside differentiating, and how much shorter gradients get."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.figures import Figure, in_turn
from chainrule.differentiate.walk import adjoints
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, fresh, topological, variable
from chainrule.graph.source import Source
from chainrule.ops.activation import tanh
from chainrule.ops.losses import squared_error
from chainrule.paper.elaborate import elaborate
from chainrule.paper.knowledge import knowledge_of
from chainrule.paper.parser import parse
from chainrule.rewrite.closed import closed_form

WIDTH, BATCH = 64, 32
RUNS = 5
EXAMPLES = Path(__file__).parents[1] / "examples"


def measure_rewrite() -> list[Figure]:
    """A deep network's closed form against its reverse walk; nodes on the lectures."""
    shallow, beside = _beside_differentiating(50)
    deep, _ = _beside_differentiating(400)
    before, after = _nodes_on_the_lectures()
    return [
        Figure("closed form of a 50-layer MLP", shallow * 1e3, "ms"),
        Figure("closed form / differentiating, 50 layers", beside, "x"),
        Figure("closed form, 400 layers / 50 layers", deep / shallow, "x"),
        Figure("nodes of the lectures' gradients, reverse mode", before, "nodes"),
        Figure("nodes of the lectures' gradients, closed form", after, "nodes", before),
    ]


def _beside_differentiating(layers: int) -> tuple[float, float]:
    """The median time of a closed form, and the ratio to the reverse walk alone."""
    graph, loss, parameters = _network(layers)
    closed, _, ratio = in_turn(
        lambda: closed_form(loss, parameters, graph), lambda: adjoints(loss, parameters), RUNS
    )
    return closed, ratio


def _network(layers: int) -> tuple[Graph, Node, list[Node]]:
    """tanh layers with weights and biases; all quantities have names."""
    named: dict[str, Node] = {"X": variable((BATCH, WIDTH)), "T": variable((BATCH, WIDTH))}
    signal = named["X"]
    parameters: list[Node] = []
    for at in range(layers):
        weights, bias = variable((WIDTH, WIDTH)), variable((WIDTH,))
        sum_ = _quantity(signal @ weights + bias)
        signal = _quantity(tanh(sum_))
        named |= {f"W{at}": weights, f"b{at}": bias, f"h{at}": sum_, f"L{at}": signal}
        parameters += [weights, bias]
    named["loss"] = squared_error(signal, named["T"])
    return Graph(named), named["loss"], parameters


def _quantity(node: Node) -> Node:
    """The node as a definition of its own."""
    return fresh(node.operation, *node.inputs)


def _nodes_on_the_lectures() -> tuple[int, int]:
    """Of all gradients of numbers that the examples ask for: before, and as closed forms."""
    before = after = 0
    for path in sorted(EXAMPLES.glob("*.chain")):
        paper = elaborate(parse(Source(path.read_text("utf-8"))))
        named = paper.graph.named_nodes
        for asked in [one for question in paper.questions for one in question.asked]:
            if asked.of.shape != () or asked.names:
                continue
            form = closed_form(asked.of, [asked.wrt], paper.graph, knowledge_of(paper, [asked.wrt]))
            before += _count([adjoints(asked.of, [asked.wrt])[asked.wrt]], named)
            after += _count([one.expression for one in form.definitions], named | set(form.names))
    return before, after


def _count(outputs: list[Node], named: Iterable[Node]) -> int:
    known = frozenset(named)
    below = topological(outputs, lambda node: () if node in known else node.inputs)
    return len([node for node in below if node not in known])
