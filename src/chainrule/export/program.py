"""What a written function computes: its parameters, its lines in order, its results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.differentiate.jacobian import derivative
from chainrule.differentiate.walk import Paths
from chainrule.explain.solution import explainable
from chainrule.export.comments import jacobians_applied
from chainrule.graph.facts import word
from chainrule.graph.node import Input, Node, fresh
from chainrule.graph.record import Record
from chainrule.notation.text import show
from chainrule.ops.naming import Same
from chainrule.paper.knowledge import knowledge_of
from chainrule.paper.program import Paper, Updated
from chainrule.rewrite.closed import Definition, closed_form, closed_jacobian
from chainrule.rewrite.engine import replaced
from chainrule.rewrite.knowledge import Knowledge

__all__ = ["Line", "Program", "program_of"]


class Line(Record):
    """`name = node`, from where on `symbol` is called so."""

    name: str
    node: Node
    symbol: Node
    comment: str = ""


class Program(Record):
    """Forward, backward and updates of one function.

    `by` are the quantities of the derivatives, `results` the symbols that are returned, `truth` the
    nodes that must have the same values, and `assumed` what the lines rely on.
    """

    of: Line
    forward: tuple[Line, ...]
    backward: tuple[Line, ...]
    updates: tuple[Line, ...]
    by: tuple[Node, ...]
    results: tuple[Node, ...]
    truth: tuple[Node, ...]
    assumed: tuple[str, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All of them, in order."""
        return (*self.forward, *self.backward, *self.updates)


def program_of(
    paper: Paper,
    of: Node,
    wrt: Sequence[Node],
    updates: Sequence[Updated] = (),
    simplified: bool = True,
) -> Program:
    """The function that gives `of`, its derivatives by `wrt`, and updated values.

    What is not simplified is the product of the local Jacobians as it stands.

    Lines of the forward pass are all that the paper defines: who writes it leaves out what
    nothing needs.
    """
    asked = [one.wrt for update in updates for one in update.asked if one.of is of]
    every = tuple(dict.fromkeys([*wrt, *asked]))
    knowledge = knowledge_of(paper, every)
    definitions = _definitions(paper, of, every, knowledge)
    truth = [derivative(of, one) for one in every]
    by_quantity = {one.quantity: one for one in definitions}
    symbols = [by_quantity[one].symbol for one in every]
    source = explainable(paper)
    graph = paper.graph
    forward = tuple(
        Line(name, graph[name], graph[name])
        for name in graph.names
        if not isinstance(graph[name].operation, Input)
    )
    backward = tuple(
        Line(
            one.name,
            one.expression if simplified else _unsimplified(of, one),
            one.symbol,
            jacobians_applied(one, of, definitions, source),
        )
        for one in definitions
    )
    known = dict(zip(truth, symbols, strict=True))
    steps = tuple(
        Line(f"new_{update.name}", new, fresh(Same(), new))
        for update in updates
        for new in [replaced(update.new, known)]
    )
    plain = _definitions(paper, of, every, None)
    differs = _texts(paper, plain) != _texts(paper, definitions)
    own = Line(graph.name_of(of) or "result", of, of)
    return Program(
        own,
        forward if graph.name_of(of) else (*forward, own),
        backward,
        steps,
        tuple(wrt),
        (of, *[by_quantity[one].symbol for one in wrt], *[step.symbol for step in steps]),
        (of, *truth[: len(wrt)], *[update.new for update in updates]),
        tuple(_assumed(paper, knowledge)) if differs else (),
    )


def _definitions(
    paper: Paper, of: Node, wrt: Sequence[Node], knowledge: Knowledge | None
) -> tuple[Definition, ...]:
    """The derivatives, those of a number with one line for each named quantity on the way."""
    if of.shape != ():
        return tuple([closed_jacobian(of, one, paper.graph, knowledge) for one in wrt])
    named = paper.graph.named_nodes
    between = [node for node in Paths(of, wrt).order if node in named and node is not of]
    every = list(dict.fromkeys([*wrt, *between]))
    return closed_form(of, every, paper.graph, knowledge).definitions


def _texts(paper: Paper, definitions: Sequence[Definition]) -> list[str]:
    names = {one.symbol: one.name for one in definitions}
    return [
        show(one.expression, lambda node: names.get(node) or paper.graph.name_of(node))
        for one in definitions
    ]


def _unsimplified(of: Node, one: Definition) -> Node:
    """Only the local Jacobians multiplied out: longer, and without what cancels badly."""
    return one.pulled_back if of.shape == () else derivative(of, one.quantity)


def _assumed(paper: Paper, knowledge: Knowledge) -> Iterator[str]:
    """What the lines rely on, in words: `label is one_hot`."""
    for node, declarations in knowledge.declared.items():
        name = paper.graph.name_of(node)
        if name is not None:
            yield f"{name} is {', '.join(word(one.fact) for one in declarations)}"
