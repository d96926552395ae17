"""A graph as tensors, with all that is known of it before a processor is chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from chainrule.graph.node import Node
from chainrule.graph.record import Record
from chainrule.run.native.entry import WORKING, Steps
from chainrule.run.native.keeping import in_order, sides_of
from chainrule.run.native.lower import lower
from chainrule.run.native.processor import Processor
from chainrule.run.native.tensors import Each, Filled, Opaque, Pick, Reduce, Scatter, Tensor
from chainrule.run.native.tiny import is_tiny

if TYPE_CHECKING:
    from chainrule.run.native.program import Program

__all__ = ["Lowered", "lowered_function", "lowered_loop", "may_fail"]


class Lowered(Record):
    """A graph as tensors: the givens, the outputs, what is carried, and what steps differ in.

    `steady` are the givens that are the same in every step.  What only compiling needs is imported
    when it is asked for: code that is in the cache runs without it.
    """

    givens: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    carried: Mapping[int, int]
    steps: Steps
    steady: frozenset[int]

    @property
    def name(self) -> str:
        """All that the code depends on, but for the processor and whether threads share work."""
        carried, steady = sorted(self.carried.items()), sorted(self.steady)
        arguments = f"{len(self.givens)}|{carried}|{self.steps}|{steady}"  # also those not read
        return f"{describe(self.outputs)}|{arguments}"

    @cached_property
    def work(self) -> int:
        """About how many operations a step takes, without what is done once before the first."""
        changing = {one for at, one in enumerate(self.givens) if at not in self.steady}
        total = 0
        for tensor in in_order(self.outputs):
            if not changing.isdisjoint(tensor.inputs):
                changing.add(tensor)
                total += _work_of(tensor)
        return total

    @cached_property
    def is_tiny(self) -> bool:
        """Whether all of it fits into registers."""
        return is_tiny(self.outputs)

    @cached_property
    def program(self) -> Program:
        """Kernels and memory."""
        from chainrule.run.native.program import program_of

        inside = {number for number, _ in self.steps.gathered}
        inside |= set() if self.steps.counter is None else {self.steps.counter}
        changing = frozenset(range(len(self.givens))) - self.steady
        return program_of(self.outputs, self.givens, self.carried, changing, frozenset(inside))

    @cached_property
    def falls_back(self) -> bool:
        """Whether NumPy computes something."""
        return any(isinstance(one.kind, Opaque) and one.size for one in in_order(self.outputs))

    def text(self, parallel: bool, processor: Processor) -> str:
        """LLVM's text."""
        from chainrule.run.native.ssa import Module, literal

        module, givens = Module(processor.rounds), len(self.givens)
        room = module.function("room", [], "i64")
        room.finish(literal(WORKING + (0 if self.is_tiny else self.program.arena), "i64"))
        if not self.is_tiny:
            from chainrule.run.native.driver import write_program

            write_program(module, self.program, givens, self.steps, parallel, processor)
            return module.text()
        from chainrule.run.native.emit.registers import emit_steps

        gathered = [number for number, _ in self.steps.gathered]
        emit_steps(
            module,
            "main",
            givens,
            self.outputs,
            self.carried,
            self.steps.recorded,
            self.steps.counter,
            gathered,
            processor,
        )
        return module.text()


def describe(outputs: Sequence[Tensor]) -> str:
    """The tensors as a short text: equal for equal programs."""
    numbers: dict[Tensor, int] = {}
    lines: list[str] = []
    for tensor in in_order(outputs):
        numbers[tensor] = len(numbers)
        kind = repr(tensor.kind)
        if isinstance(tensor.kind, Filled):
            kind = hashlib.sha256(tensor.kind.values.tobytes()).hexdigest()
        inputs = [numbers[one] for one in tensor.inputs]
        lines.append(f"{kind}{inputs}{tensor.shape}{tensor.dtype.str}")
    lines.append(str([numbers[one] for one in outputs]))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _work_of(tensor: Tensor) -> int:
    if sides_of(tensor) is not None:
        return 2 * tensor.inputs[0].size
    if isinstance(tensor.kind, Reduce):
        return tensor.inputs[0].size
    if isinstance(tensor.kind, Each) and not _feeds_products(tensor):
        return tensor.size
    return 0


def _feeds_products(tensor: Tensor) -> bool:
    is_product = isinstance(tensor.kind, Each) and tensor.kind.function == "multiply"
    return is_product and len(tensor.shape) > 2


def lowered_function(outputs: Sequence[Node], inputs: Sequence[Node]) -> Lowered:
    """A graph that is computed once a call."""
    found, givens = lower(outputs, inputs)
    return Lowered(tuple(givens), tuple(found), {}, Steps(), frozenset())


def lowered_loop(
    carried: Sequence[tuple[Node, Node]],
    gathered: Sequence[tuple[Node, tuple[int, ...]]],
    fixed: Sequence[Node],
    counter: Node | None,
    recorded: Sequence[Node],
) -> Lowered:
    """The steps of a loop as tensors; the givens are in this order, the counter last."""
    inputs = [old for old, _ in carried] + [node for node, _ in gathered] + list(fixed)
    inputs += [] if counter is None else [counter]
    outputs = [*[new for _, new in carried], *recorded]
    found, givens = lower(outputs, inputs)
    count, batches = len(carried), len(gathered)
    shapes = tuple((count + at, shape) for at, (_, shape) in enumerate(gathered))
    steps = Steps(
        shapes,
        tuple(range(count, len(outputs))),
        None if counter is None else len(inputs) - 1,
    )
    steady = frozenset(range(count + batches, count + batches + len(fixed)))
    pairs = {at: at for at in range(count)}
    return Lowered(tuple(givens), tuple(found), pairs, steps, steady)


def may_fail(outputs: Sequence[Tensor]) -> bool:
    """Whether a computed place can lie outside its array."""
    return any(isinstance(one.kind, Pick | Scatter) for one in in_order(outputs))
