"""What the tests of naming need: a student's carried values, and numbers as they are written."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Input, Node, topological
from chainrule.graph.source import Source
from chainrule.marking.mistakes.catalogue import Catalogue
from chainrule.marking.mistakes.wrong import Wrong
from chainrule.marking.reading.displayed import Displayed
from chainrule.marking.reading.solution import Written
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper
from chainrule.run.interpreter import Plan


class Values:
    """A basis: some nodes' values as they were claimed, all else computed from them."""

    def __init__(self, paper: Paper, claims: Mapping[Any, Any], radius: float = 0.0) -> None:
        self.claims = dict(claims)
        self.givens = paper.values
        self.stops = frozenset(self.claims)
        self.rounding = radius

    def value(self, node: Node) -> Array:
        found: dict[Node, Array] = {}

        def below(one: Node) -> Sequence[Node]:
            is_end = one is not node and (one in self.claims or isinstance(one.operation, Input))
            if is_end or isinstance(one.operation, Input):
                found[one] = self.carried(one)
            return () if is_end else one.inputs

        topological([node], below)
        return np.asarray(Plan([node], list(found))(*found.values())[0], float)

    def reach(self, node: Node) -> Array:
        return np.full(node.shape, self.rounding)

    def carried(self, node: Node) -> Array:
        return self.claims[node] if node in self.claims else self.givens[node]

    def radius(self, node: Node) -> Array:
        return np.full(node.shape, self.rounding if node in self.claims else 0.0)


class Problem:
    """A problem, its quantities by name, their true values, and its catalogue of mistakes."""

    def __init__(self, text: str) -> None:
        self.paper = elaborate(parse(Source(text)))
        graph = self.paper.graph
        self.nodes = {name: graph[name] for name in graph.names}
        self.nodes |= {one.text: one.node for one in self.paper.questions}
        self.nodes |= {f"new({graph.name_of(one.old)})": one.new for one in self.paper.updates}
        truth = Values(self.paper, {})
        self.true = {name: truth.value(node) for name, node in self.nodes.items()}
        self.catalogue = Catalogue(self.paper)

    def names(
        self, target: str, claimed: Any, claims: Mapping[Any, Any] | None = None, **more: Any
    ) -> Any:
        """The mistakes named where `claimed` stands for the target, by numbers or texts.

        All other quantities are claimed rightly, or only `claims`.
        """
        written = as_written(claimed, **{k: more.pop(k) for k in ("decimals",) if k in more})
        if claims is None:
            claims = {name: value for name, value in self.true.items() if name != target}
        carried = {self.nodes[name]: np.asarray(value, float) for name, value in claims.items()}
        carried = {node: value for node, value in carried.items() if node not in self.paper.values}
        basis = Values(self.paper, carried)
        return self.catalogue.names(self.wrong(target, written, (basis,), **more))

    def wrong(self, target: str, written: Written, bases: Sequence[Values], **more: Any) -> Wrong:
        node = self.nodes[target]
        values = np.array([np.nan if one is None else one.value for one in written.cells])
        halves = np.array([np.nan if one is None else half_of(one) for one in written.cells])
        right = bases[0].value(node).reshape(-1)
        verdicts = ["wrong"] * values.size
        if values.size == right.size:
            near = np.abs(values - right) <= halves * (1 + 1e-9)
            verdicts = ["consistent" if one else "wrong" for one in near]
        return Wrong(
            target=node,
            expected=self.true[target],
            written=written,
            values=values.reshape(written.shape),
            halves=halves.reshape(written.shape),
            verdicts=more.pop("verdicts", tuple(verdicts)),
            bases=tuple(bases),
            **more,
        )


def half_of(cell: Displayed) -> float:
    exact = 1e-6 * max(1.0, abs(cell.value))
    return exact if cell.is_whole else cell.unit / 2


def as_written(claimed: Any, decimals: int = 4) -> Written:
    """Texts as they are, numbers with so many decimals; None is a missing cell."""
    array = np.asarray(claimed, object)
    return Written(array.shape, tuple(cell(one, decimals) for one in array.reshape(-1)))


def cell(one: Any, decimals: int) -> Displayed | None:
    if one is None:
        return None
    text = one if isinstance(one, str) else f"{one:.{decimals}f}"
    mantissa, _, power = text.lower().partition("e")
    after = len(mantissa.partition(".")[2])
    is_whole = "." not in text and "e" not in text.lower() and abs(float(text)) < 100
    return Displayed(text, float(text), 10.0 ** (int(power or 0) - after), 0.0, is_whole)
