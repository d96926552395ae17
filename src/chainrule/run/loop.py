"""A program of many steps as data: what is carried from step to step, and what every step reads.

>>> from chainrule.graph.node import variable
>>> w, x = variable(()), variable((2,))
>>> loop = Loop(carried=((w, w - x[0]),), gathered=(x,), recorded=(w,))
>>> data, rows = np.array([1.0, 2.0]), np.array([[0, 1], [1, 1], [0, 0]])
>>> (last,), (history,) = run_loop(loop, [np.array(10.0)], [data], rows)
>>> float(last), history.tolist()
(6.0, [10.0, 9.0, 7.0])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import DataProblem, DomainProblem, ShapeError
from chainrule.graph.node import Array, Node, Shape
from chainrule.graph.record import Record
from chainrule.ops.contract import show_shape
from chainrule.run.interpreter import Plan, too_large

if TYPE_CHECKING:
    from chainrule.run.native.steps import NativeLoop

__all__ = ["Loop", "Rows", "first_failure", "interpret_loop", "run_loop"]

Rows = np.ndarray[tuple[Any, ...], np.dtype[np.intp]]


class Loop(Record):
    """One step, which is repeated.  All new values are computed from the old ones.

    Fields:
        carried: pairs of a node and the node whose value replaces it after each step: parameters,
            what an optimiser remembers.
        gathered: inputs that hold a batch, (batch, …): in each step rows of a data set, the same
            rows of every one.
        fixed: inputs that stay as they are.
        counter: a number that holds which step it is, 1, 2, …
        recorded: what is kept of every step, such as the loss before the update.
    """

    carried: tuple[tuple[Node, Node], ...]
    gathered: tuple[Node, ...] = ()
    fixed: tuple[Node, ...] = ()
    counter: Node | None = None
    recorded: tuple[Node, ...] = ()

    @property
    def inputs(self) -> list[Node]:
        """What a step reads: what is carried, gathered, fixed, and the counter."""
        counter = () if self.counter is None else (self.counter,)
        return [*[old for old, _ in self.carried], *self.gathered, *self.fixed, *counter]

    @property
    def plan(self) -> Plan:
        """One step of these inputs for the interpreter, laid out when it is first asked for.

        Its outputs are the new values of what is carried, then what is recorded.

        Raises:
            ShapeError, DataProblem: a value would be replaced by one of another shape or type.
        """
        state = self.__dict__
        if "_plan" not in state:
            _check_replacements(self.carried)
            outputs = [*[new for _, new in self.carried], *self.recorded]
            state["_plan"] = Plan(outputs, self.inputs)
        plan: Plan = state["_plan"]
        return plan

    def compiled(self, shapes: Sequence[Shape]) -> NativeLoop | None:
        """All steps as machine code, for data sets of these shapes; None where there is none."""
        from chainrule.run.native.running import native_loop

        known = self.__dict__.setdefault("_compiled", {})
        key = tuple(shapes)
        if key not in known:
            _check_replacements(self.carried)
            gathered = list(zip(self.gathered, key, strict=True))
            made = native_loop(self.carried, gathered, self.fixed, self.counter, self.recorded)
            known[key] = made
        found: NativeLoop | None = known[key]
        return found


def _check_replacements(carried: Sequence[tuple[Node, Node]]) -> None:
    for old, new in carried:
        if old.shape != new.shape:
            raise ShapeError(
                f"a value of shape {show_shape(old.shape)} is replaced in each step by one of "
                f"shape {show_shape(new.shape)}"
            )
        if old.dtype != new.dtype:
            raise DataProblem(f"a value of {old.dtype} is replaced in each step by {new.dtype}")


def run_loop(
    loop: Loop,
    carried: Sequence[Array],
    data: Sequence[Array],
    rows: Rows,
    fixed: Sequence[Array] = (),
    first: int = 1,
) -> tuple[list[Array], list[Array]]:
    """As many steps as `rows` has rows.

    Args:
        carried: the values to start with; they are not written to.
        data: for each gathered input all examples, (examples, …).
        rows: which examples each step takes, (steps, batch); (steps, 0) where none are gathered.
        fixed: the values of the fixed inputs.
        first: the number of the first step.

    Returns:
        The carried values after the last step, and for each recorded node its values, (steps, …);
        in memory that nobody else holds.

    Raises:
        DomainProblem: a computed place lies outside its array.
        TooLarge: there is not enough memory.
    """
    try:
        return _run(loop, carried, data, rows, fixed, first)
    except DomainProblem:
        _, inputs = first_failure(loop, carried, data, rows, fixed, first)
        loop.plan.run(inputs)  # says which place
        raise
    except MemoryError:
        raise too_large([*[new for _, new in loop.carried], *loop.recorded]) from None


def first_failure(
    loop: Loop,
    carried: Sequence[Array],
    data: Sequence[Array],
    rows: Rows,
    fixed: Sequence[Array],
    first: int = 1,
) -> tuple[int, list[Any]]:
    """How many steps succeed before one fails, and what that one reads: the loop's inputs.

    Halving finds it; that one of them fails is known.
    """
    values, start, end = list(carried), 0, len(rows)
    while end - start > 1:
        middle = (start + end) // 2
        try:
            values, _ = _run(loop, values, data, rows[start:middle], fixed, first + start)
            start = middle
        except DomainProblem:
            end = middle
    return start, _inputs(loop, values, data, rows[start], fixed, first + start)


def _run(
    loop: Loop,
    carried: Sequence[Array],
    data: Sequence[Array],
    rows: Rows,
    fixed: Sequence[Array],
    first: int,
) -> tuple[list[Array], list[Array]]:
    """See `run_loop`; machine code does not say which place it is that lies outside."""
    native = loop.compiled([array.shape for array in data])
    if native is None:
        return interpret_loop(loop, carried, data, rows, fixed, first)
    from chainrule.run.native.running import run_natively

    return run_natively(native, carried, data, rows, fixed, first)


def interpret_loop(
    loop: Loop,
    carried: Sequence[Array],
    data: Sequence[Array],
    rows: Rows,
    fixed: Sequence[Array] = (),
    first: int = 1,
) -> tuple[list[Array], list[Array]]:
    """The same, by the interpreter."""
    run, count = loop.plan.run, len(carried)
    values: Sequence[Any] = carried
    histories = [_history(len(rows), node.shape, node.dtype) for node in loop.recorded]
    for at, chosen in enumerate(rows):
        found = run(_inputs(loop, values, data, chosen, fixed, first + at))
        values = found[:count]
        for history, value in zip(histories, found[count:], strict=True):
            history[at] = value
    return [np.array(value, order="C") for value in values], histories


def _inputs(
    loop: Loop,
    carried: Sequence[Any],
    data: Sequence[Array],
    chosen: Array,
    fixed: Sequence[Array],
    number: int,
) -> list[Any]:
    """What one step reads, in order."""
    counter = [] if loop.counter is None else [np.float64(number)]
    return [*carried, *[array[chosen] for array in data], *fixed, *counter]


def _history(steps: int, shape: Shape, dtype: np.dtype[Any]) -> Array:
    return np.empty((steps, *shape), dtype)
