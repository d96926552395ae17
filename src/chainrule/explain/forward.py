"""The forward pass: every named value, with its formula and the numbers put in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from chainrule.explain.derivation import ForwardLine, ForwardStep
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown
from chainrule.explain.source import Explainable
from chainrule.explain.writing import Writer
from chainrule.graph.node import Node, topological

__all__ = ["forward_lines", "forward_steps"]


def forward_steps(
    source: Explainable,
    evaluation: Evaluation,
    outputs: Sequence[Node] | None = None,
    but: Collection[str] = (),
) -> Iterator[ForwardStep]:
    """The named values that the outputs need (all of them by default), in the order written.

    Those called as in `but` are left out.
    """
    writer = Writer(source)
    wanted = _wanted(source, outputs)
    numbers = _Numbers(source, evaluation, wanted)
    for node in wanted:
        if source.name(node) in but:
            continue
        value = numbers.values[node]
        substituted = None if value is None else writer.substituted(node, numbers.shown)
        yield ForwardStep(
            name=writer.name(node),
            formula=writer.formula(source.name(node)),
            substituted=None if substituted is None else substituted[0],
            value=value,
            shape=node.shape,
            substituted_exactly=substituted is not None and substituted[1],
            operation=node.operation.name,
            reads=tuple(_read(source, node)),
        )


def forward_lines(source: Explainable, evaluation: Evaluation) -> Iterator[ForwardLine]:
    """All named values in the order written, on lines of text; nothing is typeset."""
    writer = Writer(source)
    wanted = _wanted(source, None)
    numbers = _Numbers(source, evaluation, wanted)
    for node in wanted:
        value = numbers.values[node]
        substituted = None if value is None else writer.substituted_text(node, numbers.shown)
        yield ForwardLine(
            name=source.name(node),
            formula=writer.written(source.name(node)),
            substituted=None if substituted is None else substituted.line,
            value=value,
            shape=node.shape,
        )


def _wanted(source: Explainable, outputs: Sequence[Node] | None) -> list[Node]:
    wanted = [source.graph[name] for name in source.formulas]
    if outputs is None:
        return wanted
    needed = set(topological(outputs))
    return [node for node in wanted if node in needed]


class _Numbers:
    """The values of what is given and wanted, and how each is shown."""

    def __init__(self, source: Explainable, evaluation: Evaluation, wanted: list[Node]) -> None:
        known = list(dict.fromkeys([*source.values, *wanted]))
        self.values = dict(zip(known, evaluation.values(known), strict=True))
        self._evaluation = evaluation
        self._shown: dict[Node, Shown] = {}

    def shown(self, node: Node) -> Shown | None:
        """A quantity's value as a formula; None if it has none."""
        value = self.values.get(node)
        if value is not None and node not in self._shown:
            self._shown[node] = self._evaluation.shown(value)
        return self._shown.get(node)


def _read(source: Explainable, node: Node) -> Iterator[str]:
    """The names that a quantity's own formula reads."""

    def is_other(one: Node) -> bool:
        return one is not node and source.graph.name_of(one) is not None

    below = topological([node], lambda one: () if is_other(one) else one.inputs)
    yield from (source.name(one) for one in below if is_other(one))
