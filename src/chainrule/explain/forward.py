"""The forward pass: every named value, with its formula and the numbers put in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from chainrule.explain.derivation import ForwardStep
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown
from chainrule.explain.source import Explainable
from chainrule.explain.writing import Writer
from chainrule.graph.node import Node, topological

__all__ = ["forward_steps"]


def forward_steps(
    source: Explainable,
    evaluation: Evaluation,
    outputs: Sequence[Node] | None = None,
    but: Collection[str] = (),
) -> Iterator[ForwardStep]:
    """The named values that the outputs need (all of them by default), in the order written.

    Those called as in `but` are left out.
    """
    graph = source.graph
    wanted = [graph[name] for name in source.formulas]
    if outputs is not None:
        needed = set(topological(outputs))
        wanted = [node for node in wanted if node in needed]
    known = list(dict.fromkeys([*source.values, *wanted]))
    values = dict(zip(known, evaluation.values(known), strict=True))
    shown: dict[Node, Shown] = {}

    def number_of(node: Node) -> Shown | None:
        value = values.get(node)
        if value is not None and node not in shown:
            shown[node] = evaluation.shown(value)
        return shown.get(node)

    writer = Writer(source)
    for node in wanted:
        if source.name(node) in but:
            continue
        value = values[node]
        numbers = None if value is None else writer.substituted(node, number_of)
        yield ForwardStep(
            name=writer.name(node),
            formula=writer.formula(source.name(node)),
            substituted=None if numbers is None else numbers[0],
            value=value,
            shape=node.shape,
            substituted_exactly=numbers is not None and numbers[1],
            operation=node.operation.name,
            reads=tuple(_read(source, node)),
        )


def _read(source: Explainable, node: Node) -> Iterator[str]:
    """The names that a quantity's own formula reads."""
    named = source.graph.named_nodes - {node}
    below = topological([node], lambda one: () if one in named else one.inputs)
    yield from (source.name(one) for one in below if one in named)
