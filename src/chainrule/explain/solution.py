"""Everything a program asks for, as plain data: values, answers, updates, remarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from chainrule.explain.derivation import NamedValue
from chainrule.explain.indices import shown
from chainrule.explain.remarks import LAYOUT, loss_remark, shared_by_rows
from chainrule.explain.source import Explainable, is_readable
from chainrule.explain.symbolic import ClosedAnswer, ClosedChange, Formula, Symbolic
from chainrule.graph.facts import word
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.notation.text import NameOf
from chainrule.ops.naming import Same
from chainrule.paper.program import Asked, Paper, Question, Updated

__all__ = [
    "Answer",
    "Change",
    "Solution",
    "declared",
    "explainable",
    "explainable_at",
    "notes_of",
    "solution_of",
    "solve",
    "values_of",
]


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
    """What `chainrule solve` shows; what has no numbers stands in `symbolic`."""

    givens: tuple[tuple[str, Array], ...]
    values: tuple[NamedValue, ...]
    answers: tuple[Answer, ...]
    changes: tuple[Change, ...]
    conventions: tuple[str, ...]
    notes: tuple[str, ...]
    symbolic: Symbolic = Symbolic()

    @property
    def by_question(self) -> Mapping[str, Answer | ClosedAnswer]:
        """The answers by the text of their questions."""
        found: dict[str, Answer | ClosedAnswer] = {one.text: one for one in self.symbolic.answers}
        found.update((one.text, one) for one in self.answers)
        return found


def explainable(paper: Paper) -> Explainable:
    """A paper text as the source of derivations."""
    return Explainable(
        paper.graph,
        {defined.name: defined.formula for defined in paper.definitions},
        paper.values,
        paper.index_base,
        declarations=paper.declarations,
        is_known=not (paper.declared or paper.abstract or paper.sizes),
    )


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
    return Explainable(
        graph,
        all_formulas,
        paper.values,
        paper.index_base,
        aliases,
        points,
        source.declarations,
        source.is_known,
    )


def _formula(node: Node, name_of: NameOf, base: int) -> str:
    """A named node's own formula; "" where it would say nothing."""
    if isinstance(node.operation, Same):
        text = shown(node.inputs[0], name_of, base)
    else:
        text = shown(node, lambda lower: None if lower is node else name_of(lower), base)
    return text if is_readable(text) else ""


def solve(paper: Paper) -> Solution:
    """Evaluate a program: every named value, every question, every update.

    What has no numbers is answered by an expression.

    Raises:
        TooLarge: the values or the work exceed the stated limits; nothing was run.
    """
    return solution_of(paper, values_of(paper))


def values_of(paper: Paper) -> dict[Node, Array]:
    """The numbers of every named value, every question, every update, from one run.

    What has no numbers is not among them.

    Raises:
        TooLarge: the values or the work exceed the stated limits; nothing was run.
    """
    wanted = [defined.node for defined in paper.definitions]
    wanted += [question.node for question in paper.questions]
    for update in paper.updates:
        wanted += _nodes(update)
    wanted = list(dict.fromkeys(wanted))
    found = zip(wanted, explainable(paper).numbers(wanted), strict=True)
    return {node: value + 0.0 for node, value in found if value is not None}  # no -0


def solution_of(paper: Paper, values: Mapping[Node, Array]) -> Solution:
    """The solution of a program whose numbers are known, as `values_of` finds them."""
    return Solution(
        givens=tuple((given.name, given.value) for given in paper.givens),
        values=tuple(
            NamedValue(d.name, d.formula, values[d.node])
            for d in paper.definitions
            if d.node in values
        ),
        answers=tuple(
            Answer(q.text, values[q.node], q.is_derivative)
            for q in paper.questions
            if q.node in values
        ),
        changes=tuple(
            Change(
                update.name,
                update.formula,
                values[update.old],
                None if update.gradient is None else values[update.gradient],
                values[update.new],
            )
            for update in paper.updates
            if values.keys() >= set(_nodes(update))
        ),
        conventions=tuple(_conventions(paper)),
        notes=notes_of(paper, values),
        symbolic=_symbolic(paper, frozenset(values)),
    )


def notes_of(paper: Paper, values: Mapping[Node, Array]) -> tuple[str, ...]:
    """What a program is told: what broadcasts, what is zero, what is not finite."""
    return (*paper.notes, *_not_finite(paper, values))


def _nodes(update: Updated) -> list[Node]:
    """All that is shown of an update."""
    gradient = [] if update.gradient is None else [update.gradient]
    return [update.old, update.new, *gradient]


def _symbolic(paper: Paper, known: frozenset[Node]) -> Symbolic:
    """What depends on quantities without numbers, as expressions."""
    source = explainable(paper)
    if source.is_known:
        return Symbolic()
    from chainrule.explain.closed_form import closed_text, short_entries

    return Symbolic(
        declared=tuple(declared(paper)),
        shapes=tuple((one.name, one.shape) for one in paper.declared),
        formulas=tuple(
            Formula(defined.name, defined.formula, defined.node.shape)
            for defined in paper.definitions
            if defined.node not in known
        ),
        answers=tuple(
            ClosedAnswer(
                question.text,
                _closed(paper, question),
                question.node.shape,
                question.is_derivative,
                short_entries(source, question.node),
            )
            for question in paper.questions
            if question.node not in known
        ),
        changes=tuple(
            ClosedChange(
                update.name,
                update.formula,
                None
                if update.gradient is None
                else _closed_gradient(paper, update, update.gradient),
                closed_text(source, update.new),
                update.old.shape,
            )
            for update in paper.updates
            if not known.issuperset(_nodes(update))
        ),
    )


def declared(paper: Paper) -> Iterator[str]:
    """Declared quantities with their facts, then functions."""
    for one in paper.declared:
        facts = [word(stated.fact) for stated in paper.declarations if stated.node is one.node]
        yield ", ".join([one.text, *facts])
    yield from (one.text for one in paper.abstract)


def _closed(paper: Paper, question: Question) -> str:
    from chainrule.explain.closed_form import closed_derivative, closed_text

    if question.is_plain and len(question.asked) == 1:
        (asked,) = question.asked
        return closed_derivative(explainable_at(paper, asked), asked.of, asked.wrt).text
    return closed_text(explainable(paper), question.node)


def _closed_gradient(paper: Paper, update: Updated, gradient: Node) -> str:
    from chainrule.explain.closed_form import closed_derivative, closed_text

    source = explainable(paper)
    for asked in update.asked[:1]:
        if asked.wrt is update.old:
            return closed_derivative(source, asked.of, asked.wrt).text
    return closed_text(source, gradient)


def _conventions(paper: Paper) -> Iterator[str]:
    """Loss scaling, where a sum runs over the batch, layout and flattening."""
    for defined in paper.definitions:
        remark = loss_remark(defined.name, defined.node)
        if remark is not None:
            yield remark
    asked = dict.fromkeys(one for question in paper.questions for one in question.asked)
    asked |= dict.fromkeys(one for update in paper.updates for one in update.asked)
    shared = {of: shared_by_rows(of) for of in {one.of for one in asked} if of.shape == ()}
    summed = [one.wrt for one in asked if one.wrt in shared.get(one.of, ())]
    names = dict.fromkeys(name for name in map(paper.graph.name_of, summed) if name)
    if names:
        yield f"All rows share {', '.join(names)}, so the gradient sums over the rows."
    if any(one.of.shape != () for one in asked):
        yield LAYOUT
    elif asked:
        yield "The gradient of a number has the shape of the quantity in the denominator."


def _not_finite(paper: Paper, values: Mapping[Node, Array]) -> Iterator[str]:
    """The first named value that is not finite; else the first answer that is not."""
    if all(np.isfinite(value).all() for value in values.values()):
        return
    defined = [
        (f"{d.name} = {d.formula}", values[d.node]) for d in paper.definitions if d.node in values
    ]
    answers = [(q.text, values[q.node]) for q in paper.questions if q.node in values]
    updates = [
        (f"new({u.name}) = {u.formula}", values[u.new]) for u in paper.updates if u.new in values
    ]
    for text, value in (*defined, *answers, *updates):
        if not np.isfinite(value).all():
            kind = "undefined (nan)" if np.isnan(value).any() else "infinite"
            yield f"{text} is {kind}: it leaves the range of float64, or an operation's domain."
            return
