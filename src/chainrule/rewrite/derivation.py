"""How a closed form came about, as plain data: what the local Jacobians give, then rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from chainrule.graph.declaration import Declaration
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, Shape
from chainrule.graph.record import Record
from chainrule.notation.text import NameOf
from chainrule.ops.assuming import Assumed
from chainrule.rewrite.closed import Definition
from chainrule.rewrite.engine import Application, rewritten
from chainrule.rewrite.knowledge import Knowledge

__all__ = ["GIVEN", "Derived", "Step", "derived", "names_in_text", "needed_facts"]

MOST_STEPS = 12  # of one line; what is in the middle of more is summed up
MOST_TRIED = 8  # facts that are left out one by one, to see which are needed
MOST_APPLICATIONS = 400  # more are not replayed: each one rebuilds the whole expression
GIVEN = "the local Jacobians give it"
Show = Callable[[Node], str]
Found = TypeVar("Found")


class Step(Record):
    """The whole expression after one rule, and the rule; `node` is the expression itself."""

    rule: str
    sentence: str
    text: str
    node: Node | None = None


class Derived(Record):
    """`name = text`, from `start` by the steps; `whose` says who gives the start.

    `left_out` are the rules in the middle of a long derivation: between the first half of the
    steps and the second.
    """

    name: str
    text: str
    shape: Shape
    start: str
    steps: tuple[Step, ...]
    left_out: tuple[str, ...] = ()
    whose: str = GIVEN

    def lines(self, symbol: str = "", said: Iterable[str] = ()) -> Iterator[str]:
        """As text: where it starts, then rule by rule.

        `symbol` is what it stands for, ∂l/∂O; the sentences of rules that are `said` are left out.
        """
        known = set(said)
        head = " = ".join(part for part in (self.name, symbol) if part)
        whose = f"as {self.whose}"
        if not self.steps:
            yield f"{f'{head} = ' if head else ''}{self.start}   ({whose})"
            return
        yield f"{head}, {whose}" if head else f"{whose[0].upper()}{whose[1:]}"
        yield f"  = {self.start}"
        half = len(self.steps) // 2
        for at, step in enumerate(self.steps):
            if self.left_out and at == half:
                yield f"  … in between: {', '.join(self.left_out)}"
            sentence = "" if step.rule in known else f": {step.sentence}"
            known.add(step.rule)
            yield f"      {step.rule}{sentence}"
            yield f"  = {step.text}"

    def __str__(self) -> str:
        return "\n".join(self.lines())


def derived(definition: Definition, show: Show, whose: str = GIVEN) -> Derived:
    """One line of a closed form with its steps; `show` writes expressions.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.notation.text import show
    >>> from chainrule.rewrite.closed import simplest
    >>> x = variable((3,))
    >>> start = x - (2 - x)
    >>> (end,), rules = simplest([start], Knowledge())
    >>> one = Definition("y", variable(()), end, x, start, rules)
    >>> print(derived(one, lambda node: show(node, {x: "x"}.get)))
    y, as the local Jacobians give it
      = x - (2 - x)
          terms of a sum: Like terms are counted together, ...
      = 2 * ...
    """
    steps = tuple(_steps(definition.pulled_back, definition.applications, show))
    text = show(definition.expression)
    shown, left_out = _shortened(steps)
    start = show(definition.pulled_back)
    shape = definition.expression.shape
    return Derived(definition.name, text, shape, start, shown, left_out, whose)


def names_in_text(graph: Graph, definitions: Iterable[Definition] = ()) -> NameOf:
    """What nodes are called in a closed form: by their names, adjoints by theirs.

    What is only assumed of a quantity does not show: it goes by the quantity's name.
    """
    names = {one.symbol: one.name for one in definitions}

    def name_of(node: Node) -> str | None:
        name = names.get(node) or graph.name_of(node)
        while name is None and isinstance(node.operation, Assumed):
            node = node.inputs[0]
            name = names.get(node) or graph.name_of(node)
        return name

    return name_of


def needed_facts(
    stated: Sequence[Declaration], found: Found, found_with: Callable[[Knowledge], Found]
) -> list[Declaration]:
    """The facts without which something else would be found; all of them if there are many."""
    needed = list(stated)
    if len(needed) > MOST_TRIED:
        return needed
    for one in stated:
        fewer = [other for other in needed if other is not one]
        if found_with(Knowledge(fewer)) == found:
            needed = fewer
    return needed


def _steps(start: Node, applications: Sequence[Application], show: Show) -> Iterator[Step]:
    """The steps that change what is printed."""
    if len(applications) > MOST_APPLICATIONS:
        return
    before = show(start)
    for rule, node in rewritten(start, applications):
        text = show(node)
        if text != before:
            yield Step(rule.name, rule.sentence, text, node)
        before = text


def _shortened(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    if len(steps) <= MOST_STEPS:
        return steps, ()
    half = MOST_STEPS // 2
    middle = tuple(dict.fromkeys(step.rule for step in steps[half:-half]))
    return steps[:half] + steps[-half:], middle
