"""`cr.training_loop`: gradient, update and batches of a NumPy function as one program.

>>> import numpy as np
>>> import chainrule as cr
>>> def loss(params, x, t):
...     return np.mean((params["w"] * x + params["b"] - t) ** 2)
>>> loop = cr.training_loop(loss, {"w": 0.0, "b": 0.0}, cr.momentum(0.05))
>>> x = np.linspace(0.0, 1.0, 11)
>>> losses = loop(x, 3 * x + 1, steps=500)
>>> float(losses[0]), bool(losses[-1] < 1e-12), loop.step
(7.15, True, 500)
>>> round(float(loop.params["w"]), 6), round(float(loop.params["b"]), 6)
(3.0, 1.0)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import DataProblem, DomainProblem
from chainrule.functions import lints
from chainrule.functions.derivatives import Point, gradients, number_of, traced
from chainrule.functions.staging import MOST_PROGRAMS, Program, Staged
from chainrule.graph.node import Array, variable
from chainrule.graph.record import Record
from chainrule.optimize.optimizer import Optimizer
from chainrule.run.interpreter import Plan
from chainrule.run.loop import Loop, Rows, first_failure, run_loop
from chainrule.trace.recorder import active_recorder
from chainrule.trace.trees import LEAF, flatten, labels, unflatten
from chainrule.train.chunks import Pace, chunk_lengths
from chainrule.train.examples import Examples, examples_in, first_rows, is_trained, own
from chainrule.train.order import as_order, batches, check_rows, checked_whole

if TYPE_CHECKING:
    from chainrule.run.native.steps import NativeLoop

__all__ = ["TrainingLoop", "training_loop"]

MOST_ROWS = 1 << 20  # indices at once: 8 MB


def training_loop(
    loss: Callable[..., Any], params: Any, optimizer: Optimizer, batch_size: int | None = None
) -> TrainingLoop:
    """Many steps of an optimiser on `loss(params, *data)`, a plain NumPy function.

    Args:
        loss: returns one number.  It is traced once for each signature of the data.
        params: what is trained: an array, or dicts, lists, tuples, dataclasses of them.  It is
            copied.  Whole numbers and texts in it stay as they are.
        optimizer: `cr.sgd`, `cr.momentum`, `cr.nesterov`, `cr.adam`, `cr.adamw`, `cr.clipped`.
        batch_size: how many examples, rows along the leading axis of every data array, a step
            takes; None for all data in every step.

    Returns:
        A `TrainingLoop`, which is called with the data.

    Raises:
        DataProblem: there is nothing to train, or an argument is of another kind.
    """
    return TrainingLoop(loss, params, optimizer, batch_size)


class Standing(Record):
    """Where training stands: one object, so that an interruption never leaves half a step."""

    step: int
    leaves: tuple[Any, ...]
    state: Mapping[str, tuple[Array, ...]]


class Ready(Record):
    """The steps for some data: what was traced of the loss, the loop, and what it is run on.

    `gathered` are taken by rows; `fixed` are the values of the loop's fixed inputs.
    """

    program: Program
    loop: Loop
    gathered: list[Array]
    fixed: list[Array]

    def run(
        self, values: Sequence[Array], rows: Rows, first: int
    ) -> tuple[list[Array], list[Array]]:
        """The values after the steps, and their losses.

        Raises:
            DomainProblem: something that a step computes has no value.
        """
        return run_loop(self.loop, values, self.gathered, rows, self.fixed, first)

    def explained(
        self, problem: DomainProblem, values: Sequence[Array], rows: Rows, first: int
    ) -> tuple[int, DomainProblem]:
        """How many steps succeed before the one that has the problem, and this with its line."""
        given = self.loop, values, self.gathered, rows, self.fixed, first
        good, inputs = first_failure(*given)
        read = dict(zip(self.loop.inputs, inputs, strict=True))
        try:
            self.program.run([read[node] for node in self.program.trace.inputs])
        except DomainProblem as placed:
            return good, placed
        return good, problem


class TrainingLoop:
    """Parameters, what the optimiser remembers of them, and the steps that make new ones.

    `copy.copy` gives another loop that goes on from here by itself, without compiling again.

    Attributes:
        losses: the loss before each step of the last call, also of one that was stopped.
        program: one step as data, for data like those of the last call; None before the first.
    """

    def __init__(
        self, loss: Callable[..., Any], params: Any, optimizer: Optimizer, batch_size: int | None
    ) -> None:
        if not callable(loss):
            raise DataProblem(f"training_loop takes a function, not {type(loss).__name__}")
        if not isinstance(optimizer, Optimizer):
            raise DataProblem(
                f"training_loop takes an optimiser such as cr.sgd(0.1), not {optimizer!r}"
            )
        if batch_size is not None:
            batch_size = checked_whole("batch_size", batch_size, 1)
        self.losses: Array = np.empty(0)
        self.program: Loop | None = None
        self._pace = Pace()
        self._batch = batch_size
        self._optimizer = optimizer
        self._staged = Staged(loss, _differentiated, frozenset({0}), "training_loop")
        self._loops: dict[tuple[Program, tuple[bool, ...]], Loop] = {}
        self._running = RLock()  # calls from several threads are made one after the other
        leaves, self._structure = flatten(params)
        owned = own(leaves, is_alone=self._structure is LEAF)
        self._trained = [at for at, leaf in enumerate(owned) if is_trained(leaf)]
        if not self._trained:
            raise DataProblem(
                "params holds no arrays of real numbers, so nothing is trained; whole numbers stay "
                "as they are"
            )
        state = _initial(optimizer, [owned[at] for at in self._trained])
        self._standing = Standing(0, tuple(owned), state)

    def __repr__(self) -> str:
        names = labels(self._structure, "params")
        shapes = [f"{names[at]} {self._standing.leaves[at].shape}" for at in self._trained]
        return f"<training loop: {', '.join(shapes)}, {self._optimizer!r}, step {self.step}>"

    def __deepcopy__(self, _: Any) -> TrainingLoop:
        return copy.copy(self)  # arrays are never written to: new ones take their place

    @property
    def step(self) -> int:
        """How many steps have been done."""
        return self._standing.step

    @property
    def params(self) -> Any:
        """The parameters as they are now, in the containers they came in; a copy."""
        return unflatten(self._structure, [_copied(leaf) for leaf in self._standing.leaves])

    @property
    def state(self) -> dict[str, Any]:
        """What the optimiser remembers, by name, each in the containers of the parameters."""
        found = {}
        for word, values in self._standing.state.items():
            leaves: list[Any] = [None] * len(self._standing.leaves)
            for at, value in zip(self._trained, values, strict=True):
                leaves[at] = _copied(value)
            found[word] = unflatten(self._structure, leaves)
        return found

    def __call__(
        self, *data: Any, steps: int | None = None, seed: int = 0, order: Any = None
    ) -> Array:
        """Train on, from where the last call ended.

        With batches every epoch takes the examples in an order of its own, which the seed and the
        number of the epoch decide; those that fill no batch at its end are left out.

        Args:
            data: what the loss takes behind `params`.
            steps: how many steps to do.
            seed: of the order of the examples, a whole number from 0 on.
            order: instead of steps and seed the rows that each step takes, (steps, batch).

        Returns:
            The loss before each step, (steps,).

        Raises:
            DataProblem: the loss is not one number, or data, batch and order do not go together;
                or it is called while another function is traced.
            ShapeError: arrays in the loss do not fit together.
            DomainProblem: the loss is not finite, or something in it has no value: a label lies
                outside its array, a matrix has no inverse.  The loop then stands before that step.
        """
        if active_recorder() is not None:
            raise DataProblem(
                "a training loop is called within a function that is differentiated or compiled: "
                "write its steps there, with cr.grad of the loss"
            )
        with self._running:
            return self._call(data, steps, seed, order)

    def _call(self, data: Sequence[Any], steps: int | None, seed: int, order: Any) -> Array:
        given = None if order is None else as_order(order, self._batch)
        batch = self._batch if given is None else given.shape[1]
        examples = examples_in(data, batch)
        if given is not None:
            check_rows(given, examples.count)
            if steps not in (None, len(given)):
                raise DataProblem(f"order has {len(given)} steps, and steps= is {steps}")
            steps = len(given)
        if steps is None:
            raise DataProblem("say how many steps to do: loop(x, t, steps=1000)")
        steps, seed = checked_whole("steps", steps, 0), checked_whole("seed", seed, 0)
        ready = self._prepared(data, batch, examples)
        if ready.loop is not self.program:
            self.program, self._pace = ready.loop, Pace()
        start = self.step

        def rows(count: int) -> Rows:
            """Those of the next steps."""
            if given is not None:
                return given[self.step - start : self.step - start + count]
            if batch is None:
                return np.empty((count, 0), np.intp)
            return batches(self.step, count, examples.count, batch, seed)

        parts: list[Array] = []
        try:
            for count in chunk_lengths(steps, max(MOST_ROWS // (batch or 1), 1), self._pace):
                self._do(ready, rows(count), parts)
        finally:
            empty = np.empty(0, ready.loop.recorded[0].dtype)
            self.losses = np.concatenate([empty, *parts])[: self.step - start]
        return self.losses

    def native_for(
        self, *data: Any, steps: int | None = None, seed: int = 0, order: Any = None
    ) -> NativeLoop:
        """The machine code of a step for such a call; what `cr.plan` shows.

        Raises:
            DataProblem: there is no compiler for this machine.
        """
        batch = self._batch if order is None else as_order(order, self._batch).shape[1]
        ready = self._prepared(data, batch, examples_in(data, batch))
        found = ready.loop.compiled([array.shape for array in ready.gathered])
        if found is None:
            raise DataProblem("there is no compiler for this machine: NumPy computes the steps")
        return found

    def _prepared(self, data: Sequence[Any], batch: int | None, examples: Examples) -> Ready:
        """The steps for data of this signature, traced and laid out if they are new."""
        params = unflatten(self._structure, self._standing.leaves)
        batched = [first_rows(argument, batch) for argument in data]
        program, values, is_new = self._staged.fitting((params, *batched), {})
        if is_new:
            lints.warn(lints.found_in(program.trace, values, program.wrt))
        key = program, examples.by_rows
        if key not in self._loops:
            if len(self._loops) == MOST_PROGRAMS:
                del self._loops[next(iter(self._loops))]
            self._loops[key] = _loop(program, self._optimizer, examples)
        loop = self._loops[key]
        inputs = dict(zip(program.trace.inputs, values, strict=True))
        return Ready(program, loop, examples.gathered, [inputs[node] for node in loop.fixed])

    def _do(self, ready: Ready, rows: Rows, parts: list[Any]) -> None:
        """The steps with these rows; their losses are added to `parts`.

        Raises:
            DomainProblem: a step cannot be done; those before it are.
        """
        now = self._standing
        values = [now.leaves[at] for at in self._trained]
        values += [value for words in now.state.values() for value in words]
        problem: DomainProblem | None = None
        try:
            found, (losses,) = ready.run(values, rows, now.step + 1)
        except DomainProblem as first:
            good, problem = ready.explained(first, values, rows, now.step + 1)
        else:
            good = _finite(losses)
            if good < len(losses):
                problem = _not_finite(losses, good, now.step + good)
        if problem is not None:
            found, (losses,) = ready.run(values, rows[:good], now.step + 1)
        parts.append(losses)
        self._standing = self._after(now, found, good)
        if problem is not None:
            raise problem

    def _after(self, now: Standing, values: Sequence[Array], steps: int) -> Standing:
        left = iter(values)
        leaves = list(now.leaves)
        for at in self._trained:
            leaves[at] = next(left)
        state = {word: tuple([next(left) for _ in self._trained]) for word in now.state}
        return Standing(now.step + steps, tuple(leaves), state)


def _differentiated(
    function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
) -> Any:
    """What is traced: the loss and its gradient by the parameters."""
    point = Point(function, arguments, settings, (0,))
    output = number_of(point.call(), "training_loop")
    return traced(output), point.packed(gradients(output, point))


def _loop(program: Program, optimizer: Optimizer, examples: Examples) -> Loop:
    """The steps of an optimiser, with the gradient that a program computes."""
    loss, *slopes = program.trace.outputs
    inputs = program.trace.inputs
    count = len(program.wrt)
    olds = [node for node in inputs[:count] if node.dtype.kind == "f"]
    step = variable(())
    state = {
        word: tuple([variable(node.shape, node.dtype) for node in nodes])
        for word, nodes in optimizer.initial(olds).items()
    }
    news, after = optimizer.update(slopes, state, olds, step)
    carried = list(zip(olds, news, strict=True))
    for word, nodes in state.items():
        carried += zip(nodes, after[word], strict=True)
    data = zip(inputs[count:], examples.by_rows, strict=False)  # captured arrays come behind
    gathered = tuple([node for node, by_rows in data if by_rows])
    moving = {*olds, *gathered}
    fixed = tuple([node for node in inputs if node not in moving])
    return Loop(tuple(carried), gathered, fixed, step, (loss,))


def _copied(leaf: Any) -> Any:
    return leaf.copy()[()] if isinstance(leaf, np.ndarray) else leaf


def _initial(optimizer: Optimizer, params: Sequence[Array]) -> dict[str, tuple[Array, ...]]:
    """What the optimiser remembers before the first step."""
    nodes = [variable(value.shape, value.dtype) for value in params]
    found = {}
    for word, starts in optimizer.initial(nodes).items():
        found[word] = tuple([np.array(value, order="C") for value in Plan(starts, nodes)(*params)])
    return found


def _finite(losses: Array) -> int:
    """How many losses are finite before one is not."""
    finite = np.isfinite(losses)
    return len(losses) if finite.all() else int(np.argmin(finite))


def _not_finite(losses: Array, at: int, done: int) -> DomainProblem:
    found = f"the loss is {losses[at]} at step {done + 1}"
    if not done:
        return DomainProblem(f"{found}: look at the parameters and the data that it starts from")
    before = f"; before, it was {losses[at - 1]:.6g}" if at else ""
    return DomainProblem(
        f"{found}{before}. The loop stands before that step, with the parameters that gave it; a "
        "smaller rate or cr.clipped may help"
    )
