"""The `:=` updates of a file, repeated: all of them act together, from the old values.

>>> from chainrule.graph.source import Source
>>> from chainrule.paper.elaborate import elaborate
>>> from chainrule.paper.parser import parse
>>> program = parse(Source("w = 2\\nl = (w - 3)^2\\nw := w - 0.5 * dl/dw"))
>>> found = repeated(step_of(elaborate(program), program), 3)
>>> found.losses.tolist(), found.after["w"].tolist()
([1.0, 0.0, 0.0, 0.0], 3.0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, DomainProblem, ShapeError
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.record import Record
from chainrule.ops.abstract import AbstractElementwise, AbstractFunction
from chainrule.ops.arithmetic import add, subtract
from chainrule.ops.contract import show_shape
from chainrule.ops.making import Extent
from chainrule.ops.reduction import sum_
from chainrule.paper.dependencies import parts
from chainrule.paper.program import Paper, find_symbolic
from chainrule.paper.syntax import Index, Name, Program, Slice
from chainrule.run.interpreter import Plan, check_cost
from chainrule.run.loop import Loop, first_failure, run_loop
from chainrule.train.chunks import chunk_lengths

__all__ = ["MOST_STEPS", "PaperStep", "Trained", "repeated", "step_of"]

MOST_STEPS = 10_000_000  # the loss of each of them is kept: 80 MB
MOST_NUMBERS = 20_000_000  # all values of a step together: 160 MB
MOST_WORK = 1_000_000_000  # multiplications of a step: about a second

ABSTRACT = AbstractElementwise | AbstractFunction


class PaperStep(Record):
    """What a file says to do again and again.

    `names` are updated, from the numbers in `starts`; `fixed` are those of the fixed inputs.
    `reported` is the number that is shown, if there is one, and what it is called.  Of each step
    the loop records it, and last a number that is nan if something has become infinite or nan.
    """

    loop: Loop
    names: tuple[str, ...]
    starts: tuple[Array, ...]
    fixed: tuple[Array, ...]
    reported: Node | None
    name: str


class Trained(Record):
    """What came of so many steps.

    `losses` has the reported number after 0, 1, … steps; it is empty if none is reported.
    `problem` says what has no value or is no longer finite, and when; "" if nothing is.
    """

    steps: int
    losses: Array
    before: Mapping[str, Array]
    after: Mapping[str, Array]
    problem: str


def step_of(paper: Paper, program: Program, of: Node | None = None) -> PaperStep:
    """One step of a file's updates as a loop's, with what is reported of it.

    Args:
        paper, program: the file, and its syntax tree.
        of: the number to report; by default what the updates' derivatives are of.

    Raises:
        DataProblem: nothing is updated, something has no numbers, or it is open what to report.
        ShapeError: what is reported is not one number.
        TooLarge: a step takes more than the stated limits; nothing was run.
    """
    if not paper.updates:
        raise DataProblem(
            f"{paper.source.path}: nothing is updated. Write one line for each parameter, such as "
            "W := W - 0.1 * ∂L/∂W"
        )
    _check_indices(paper, program)
    reported = _reported(paper) if of is None else _one_number(paper, of)
    olds = [update.old for update in paper.updates]
    news = [update.new for update in paper.updates]
    shown = [] if reported is None else [reported]
    _check_numbers(paper, [*olds, *news, *shown])
    recorded = (*shown, _watch(news))
    check_cost([*news, *recorded], MOST_NUMBERS, MOST_WORK)
    values = paper.values
    fixed = [node for node in values if node not in olds]
    loop = Loop(tuple(zip(olds, news, strict=True)), fixed=tuple(fixed), recorded=recorded)
    starts = Plan(olds, list(values))(*values.values())
    return PaperStep(
        loop,
        tuple(update.name for update in paper.updates),
        tuple(starts),
        tuple(values[node] for node in fixed),
        reported,
        "" if reported is None else paper.graph.name_of(reported) or "loss",
    )


def _watch(nodes: Sequence[Node]) -> Node:
    """A number that is 0 while all entries of the nodes are finite, and nan otherwise."""
    total = sum_(subtract(nodes[0], nodes[0]))
    for node in nodes[1:]:
        total = add(total, sum_(subtract(node, node)))
    return total


def _reported(paper: Paper) -> Node | None:
    """The number that the updates' derivatives are of; without any, the last one defined.

    Raises:
        DataProblem: there are several.
    """
    read = set(topological([update.new for update in paper.updates]))
    at_once = [one.of for update in paper.updates for one in update.asked]
    by_name = [one.of for each in paper.definitions if each.node in read for one in each.asked]
    slopes = {one.node for one in paper.definitions if one.asked}  # as Newton's method has
    for asked in (at_once, by_name):
        numbers = [one for one in dict.fromkeys(asked) if one.shape == () and one not in slopes]
        named = {name: one for one in numbers if (name := paper.graph.name_of(one))}
        if len(named) > 1:
            raise DataProblem(
                f"{paper.source.path}: the updates use derivatives of {' and '.join(named)}; say "
                f"which number to report: --of {list(named)[-1]}"
            )
        if named or len(numbers) == 1:
            return next(iter(named.values() or numbers))
    defined = [one.node for one in paper.definitions if one.node.shape == ()]
    known: dict[Node, bool] = {}
    for node in defined:
        find_symbolic(node, known, paper.values)
    return next((node for node in reversed(defined) if not known[node]), None)


def _one_number(paper: Paper, of: Node) -> Node:
    if of.shape != ():
        name = paper.graph.name_of(of)
        raise ShapeError(f"--of {name}: one number is reported, and it is {show_shape(of.shape)}")
    return of


def _check_numbers(paper: Paper, nodes: Sequence[Node]) -> None:
    """Raises `DataProblem` if something that a step needs has no numbers."""
    known: dict[Node, bool] = {}
    for node in nodes:
        find_symbolic(node, known, paper.values)
    if not any(known[node] for node in nodes):
        return
    below = topological(nodes)
    operations = [node.operation for node in below]
    names = [one.name for one in paper.declared if one.node in below]
    names += [one.called for one in operations if isinstance(one, ABSTRACT)]
    names += [str(one.of) for one in operations if isinstance(one, Extent)]
    shown = ", ".join(dict.fromkeys(names))
    raise DataProblem(
        f"{paper.source.path}: training needs numbers, and there are none for {shown}. "
        "Write them into the file, as in W = [[1, 2], [3, 4]]"
    )


def _check_indices(paper: Paper, program: Program) -> None:
    """An index is read with the file, so that what moves cannot stand there.

    Raises:
        DataProblem: it does, with the place.
    """
    updated = {update.name for update in paper.updates}
    for statement in program.statements:
        for part in parts(statement):
            for name in _index_names(part) if isinstance(part, Index) else ():
                if name.name in updated:
                    problem = DataProblem(
                        f"{name.name} stands as an index, which stays what it is when the file is "
                        f"read, and {name.name} is updated"
                    )
                    raise problem.at(program.source, name.span)


def _index_names(index: Index) -> Iterator[Name]:
    for entry in index.indices:
        edges: Sequence[Any] = [entry]
        if isinstance(entry, Slice):
            edges = (entry.start, entry.stop, entry.step)
        yield from (edge for edge in edges if isinstance(edge, Name))


def repeated(
    step: PaperStep, steps: int, go_on: Callable[[int, float | None], bool] = lambda *_: True
) -> Trained:
    """So many steps, or fewer: until something has no finite value, or somebody has enough.

    `go_on` is told from time to time how many steps are done and the number reported before the
    last of them, and says whether to go on.
    """
    values, done, problem = list(step.starts), 0, ""
    losses: list[Array] = []
    for count in chunk_lengths(steps):
        values, history, problem = _steps(step, values, done, count)
        losses += history[:-1]
        good = len(history[-1])
        done += good
        problem = problem or _not_finite(dict(zip(step.names, values, strict=True)), done)
        if problem or good < count or not go_on(done, float(losses[-1][-1]) if losses else None):
            break
    if step.reported is not None:
        last, no_value = _now(step, step.reported, values, done)
        losses.append(last)
        problem = problem or no_value
    return Trained(
        done,
        np.concatenate(losses) if losses else np.empty(0),
        dict(zip(step.names, step.starts, strict=True)),
        dict(zip(step.names, values, strict=True)),
        problem,
    )


def _steps(
    step: PaperStep, values: Sequence[Array], done: int, count: int
) -> tuple[list[Array], list[Array], str]:
    """The values after so many steps, what was recorded of each, and why they are fewer."""
    rows, problem = np.empty((count, 0), np.intp), ""
    try:
        found, history = run_loop(step.loop, values, (), rows, step.fixed)
        good = _good(history)
    except DomainProblem as error:
        good, _ = first_failure(step.loop, values, (), rows, step.fixed)
        problem = _said(error, done + good)
    if good < count:
        found, history = run_loop(step.loop, values, (), rows[:good], step.fixed)
    return found, history, problem


def _now(step: PaperStep, of: Node, values: Sequence[Array], done: int) -> tuple[Array, str]:
    """The number reported, as one of many, and why it is none."""
    inputs = [*[old for old, _ in step.loop.carried], *step.loop.fixed]
    try:
        (last,) = Plan([of], inputs)(*values, *step.fixed)
    except DomainProblem as error:
        return np.array([np.nan]), _said(error, done)
    return last.reshape(1), _not_finite({step.name: last}, done)


def _said(error: DomainProblem, done: int) -> str:
    return f"After {_counted(done)}: {error.message}"


def _not_finite(values: Mapping[str, Array], done: int) -> str:
    """What is infinite or nan now, if anything is."""
    for name, value in values.items():
        if not np.isfinite(value).all():
            kind = "nan" if np.isnan(value).any() else "infinite"
            return f"{name} is {kind} after {_counted(done)}."
    return ""


def _counted(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps:,} steps"


def _good(history: Sequence[Array]) -> int:
    """How many steps to do: all, or up to where something is no longer finite."""
    *losses, watch = history
    ends = [int(np.argmin(np.isfinite(part))) for part in losses if not np.isfinite(part).all()]
    if not np.isfinite(watch).all():
        ends.append(int(np.argmin(np.isfinite(watch))) + 1)  # it is of the values after the step
    return min(ends, default=len(watch))
