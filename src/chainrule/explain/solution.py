"""Everything a program asks for, as plain data: values, answers, updates, remarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from chainrule.differentiate.walk import Paths
from chainrule.explain.derivation import NamedValue
from chainrule.explain.indices import shown
from chainrule.explain.remarks import LAYOUT, loss_remark, shares_rows
from chainrule.explain.source import Explainable, is_readable
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.notation.text import NameOf
from chainrule.ops.naming import Same
from chainrule.paper.program import Asked, Paper

__all__ = ["Answer", "Change", "Solution", "explainable", "explainable_at", "solve"]


class Answer(Record):
    """A question as it was written, and its value."""

    text: str
    value: Array
    is_derivative: bool


class Change(Record):
    """A name's value before and after the step, and the gradient that was used."""

    name: str
    formula: str
    old: Array
    gradient: Array | None
    new: Array


class Solution(Record):
    """What `chainrule solve` shows."""

    givens: tuple[tuple[str, Array], ...]
    values: tuple[NamedValue, ...]
    answers: tuple[Answer, ...]
    changes: tuple[Change, ...]
    conventions: tuple[str, ...]
    notes: tuple[str, ...]


def explainable(paper: Paper) -> Explainable:
    """A paper text as the source of derivations."""
    formulas = {defined.name: defined.formula for defined in paper.definitions}
    return Explainable(paper.graph, formulas, paper.values, paper.index_base)


def explainable_at(paper: Paper, asked: Asked) -> Explainable:
    """The same, with the names that hold for one derivative of a function."""
    source = explainable(paper)
    local = {name: node for name, node in asked.names if node not in source.graph.named_nodes}
    nodes = {name: source.graph[name] for name in source.graph.names} | local
    graph = Graph(nodes)
    aliases = {node: name for name, node in asked.aliases}

    def name_of(node: Node) -> str | None:
        return graph.name_of(node) or aliases.get(node)

    formulas = {name: _formula(node, name_of, paper.index_base) for name, node in local.items()}
    formulas = {name: "" if text == name else text for name, text in formulas.items()}
    all_formulas = {**source.formulas, **formulas}
    points = frozenset({asked.wrt} & set(local.values()))
    return Explainable(graph, all_formulas, paper.values, paper.index_base, aliases, points)


def _formula(node: Node, name_of: NameOf, base: int) -> str:
    """A named node's own formula; "" where it would say nothing."""
    if isinstance(node.operation, Same):
        text = shown(node.inputs[0], name_of, base)
    else:
        text = shown(node, lambda lower: None if lower is node else name_of(lower), base)
    return text if is_readable(text) else ""


def solve(paper: Paper) -> Solution:
    """Evaluate a program: every named value, every question, every update.

    Raises:
        TooLarge: the values or the work exceed the stated limits; nothing was run.
    """
    wanted = [defined.node for defined in paper.definitions]
    wanted += [question.node for question in paper.questions]
    for update in paper.updates:
        wanted += [update.old, update.new]
        wanted += [] if update.gradient is None else [update.gradient]
    wanted = list(dict.fromkeys(wanted))
    found = explainable(paper).evaluated(wanted)
    values = {node: value + 0.0 for node, value in zip(wanted, found, strict=True)}  # no -0
    named = tuple(NamedValue(d.name, d.formula, values[d.node]) for d in paper.definitions)
    return Solution(
        givens=tuple((given.name, given.value) for given in paper.givens),
        values=named,
        answers=tuple(Answer(q.text, values[q.node], q.is_derivative) for q in paper.questions),
        changes=tuple(
            Change(
                update.name,
                update.formula,
                values[update.old],
                None if update.gradient is None else values[update.gradient],
                values[update.new],
            )
            for update in paper.updates
        ),
        conventions=tuple(_conventions(paper)),
        notes=(*paper.notes, *_not_finite(paper, named, values)),
    )


def _conventions(paper: Paper) -> Iterator[str]:
    """Loss scaling, where a sum runs over the batch, layout and flattening."""
    for defined in paper.definitions:
        remark = loss_remark(defined.name, defined.node)
        if remark is not None:
            yield remark
    asked = dict.fromkeys(one for question in paper.questions for one in question.asked)
    asked |= dict.fromkeys(one for update in paper.updates for one in update.asked)
    shared = {of: _shared_by_rows(of) for of in {one.of for one in asked} if of.shape == ()}
    summed = [one.wrt for one in asked if one.wrt in shared.get(one.of, ())]
    names = dict.fromkeys(name for name in map(paper.graph.name_of, summed) if name)
    if names:
        yield f"Every row uses the same {', '.join(names)}: derivatives by them sum over the rows."
    if any(one.of.shape != () for one in asked):
        yield LAYOUT
    elif asked:
        yield "The gradient of a number has the shape of what it is taken by."


def _shared_by_rows(of: Node) -> frozenset[Node]:
    """The nodes below `of` of which one serves several rows."""
    return frozenset(
        lower
        for node, ways in Paths(of).edges.items()
        for lower, map_ in ways
        if node.ndim > 1 and shares_rows(map_)
    )


def _not_finite(
    paper: Paper, named: tuple[NamedValue, ...], values: Mapping[Node, Array]
) -> Iterator[str]:
    """The first named value that is not finite; else the first answer that is not."""
    defined = [(f"{one.name} = {one.formula}", one.value) for one in named]
    answers = [(question.text, values[question.node]) for question in paper.questions]
    updates = [(f"new({u.name}) = {u.formula}", values[u.new]) for u in paper.updates]
    for text, value in (*defined, *answers, *updates):
        if not np.isfinite(value).all():
            kind = "undefined (nan)" if np.isnan(value).any() else "infinite"
            yield f"{text} is {kind}: it leaves the range of float64, or an operation's domain."
            return
