"""A program without numbers at random ones, to hold its derivatives against differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.explain.derivation import Verified
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.sizes import Size
from chainrule.ops.abstract import AbstractElementwise, AbstractFunction
from chainrule.paper.drawing import numbers_for
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Asked, Paper
from chainrule.run.gradient_check import Check, check, is_cheap
from chainrule.run.interpreter import evaluate_all

__all__ = ["Instances"]

SMALLEST = 2  # the first size that a name stands for; each name has its own
TRIES = 3
UNKNOWN = (AbstractFunction, AbstractElementwise)
NodesOf = Callable[[Paper, Asked], Sequence[Node]]


class Instances:
    """The same program with sizes that are numbers, and with numbers drawn for its quantities.

    A quantity is drawn so that it has the properties that are declared of it; functions without a
    formula are sines of sums, which have every property that any smooth function has.
    """

    def __init__(self, paper: Paper) -> None:
        self.paper = paper

    def verified(self, asked: Asked, effort: int) -> Verified | None:
        """A derivative of the program against differences; None where there is none to compare."""
        for concrete, sizes in self.concretes:
            twin = self.twin(asked, concrete)
            if twin is None or not is_cheap(twin.of):
                return None
            for seed in range(TRIES):
                found = _checked(concrete, twin, seed, effort)
                if found is not None:
                    where = self._where(asked.of, sizes)
                    return Verified(found.method, found.largest_error, found.relative_error, where)
        return None

    def evaluated(self, asked: Asked, nodes_of: NodesOf) -> list[Array] | None:
        """What `nodes_of` makes of a concrete program, at random numbers; None where none do."""
        for concrete, _ in self.concretes:
            twin = self.twin(asked, concrete)
            values = None if twin is None else _numbers(concrete, 0)
            if twin is None or values is None:
                continue
            try:
                return evaluate_all(nodes_of(concrete, twin), values)
            except ChainruleError:  # no value there, as of a singular matrix
                continue
        return None

    @cached_property
    def concretes(self) -> list[tuple[Paper, Mapping[str, int]]]:
        """The program with a number for each size, once growing and once shrinking.

        Not every formula has a value for every choice: Xᵀ X has an inverse if X is tall.
        """
        found: list[tuple[Paper, Mapping[str, int]]] = []
        names = self.paper.sizes
        for order in dict.fromkeys([names, names[::-1]]):
            sizes = {name: at for at, name in enumerate(order, SMALLEST)}
            try:
                found.append((elaborate(parse(self.paper.source), sizes), sizes))
            except ChainruleError:  # it needs other sizes
                continue
        return found

    def twin(self, asked: Asked, concrete: Paper) -> Asked | None:
        """The same derivative in a concrete program."""
        for one, other in zip(_all_asked(self.paper), _all_asked(concrete), strict=True):
            if one == asked:
                return other
        of, wrt = map(self.paper.graph.name_of, (asked.of, asked.wrt))
        if of is None or wrt is None:
            return None
        return Asked(concrete.graph[of], concrete.graph[wrt])

    def _where(self, of: Node, at: Mapping[str, int]) -> str:
        """At which numbers, in words: of the sizes and functions that a quantity depends on."""
        below = topological([of])
        operations = [node.operation for node in below]
        lengths = [length for node in below for length in node.shape if isinstance(length, Size)]
        sizes = {name for length in lengths for name in length.names}
        called = {one.called for one in operations if isinstance(one, UNKNOWN)}
        given = [f"{name} = {at[name]}" for name in self.paper.sizes if name in sizes]
        names = [function.name for function in self.paper.abstract if function.name in called]
        if names:
            given.append(f"{', '.join(names)} replaced by {'sines' if names[1:] else 'a sine'}")
        return f"random numbers ({', '.join(given)})" if given else "random numbers"


def _numbers(paper: Paper, seed: int) -> dict[Node, Array] | None:
    """Numbers for all inputs of a concrete program: of both signs first, then positive ones."""
    return numbers_for(paper, [one.node for one in paper.declared], seed, positive=seed > 0)


def _checked(paper: Paper, twin: Asked, seed: int, effort: int) -> Check | None:
    """The check at one choice of numbers; None where there is nothing to compare."""
    values = _numbers(paper, seed)
    if values is None:
        return None
    try:
        found = check(twin.of, twin.wrt, values, effort)
    except ChainruleError:  # no value there, as of a singular matrix
        return None
    return found if not found.skipped and np.isfinite(found.largest_error) else None


def _all_asked(paper: Paper) -> Iterator[Asked]:
    for question in paper.questions:
        yield from question.asked
    for defined in paper.definitions:
        yield from defined.asked
    for update in paper.updates:
        yield from update.asked
