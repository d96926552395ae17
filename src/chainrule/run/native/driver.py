"""A program as one function that runs many steps; `entry.py` says how it is called."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.run.native.calls import Calls, Written
from chainrule.run.native.emit.meeting import write_meeting
from chainrule.run.native.emit.nests import emit_nest
from chainrule.run.native.emit.products import emit_product
from chainrule.run.native.emit.types import llvm_type
from chainrule.run.native.entry import WORKING, Steps
from chainrule.run.native.kernels import (
    Fallback,
    Kernel,
    Nest,
    Product,
    buffers_of,
    canonical,
    described,
)
from chainrule.run.native.processor import Processor
from chainrule.run.native.program import Program, has_fallbacks, segments_of
from chainrule.run.native.ssa import Function, Module, Value, literal

__all__ = ["write_program"]


def write_program(
    module: Module,
    program: Program,
    givens: int,
    steps: Steps,
    parallel: bool,
    processor: Processor,
) -> None:
    """Write `main`, or `main0`, `main1`, … if NumPy computes something in between.

    If `parallel`, threads share the work, as many as the barrier says.
    """
    if parallel:
        write_meeting(module, processor)
    writer = _Writer(module, program, givens, steps, parallel, processor)
    if not has_fallbacks(program):
        writer.write("main", program.before, program.kernels, whole=True)
        return
    for number, kernels in enumerate(segments_of(program)):
        if not isinstance(kernels[0], Fallback):
            writer.write(f"main{number}", (), kernels, whole=False)


class _Writer:
    def __init__(
        self,
        module: Module,
        program: Program,
        givens: int,
        steps: Steps,
        parallel: bool,
        processor: Processor,
    ) -> None:
        self.module = module
        self.program = program
        self.givens = givens
        self.steps = steps
        self.parallel = parallel
        self.processor = processor
        self.written: dict[tuple[object, ...], tuple[str, int]] = {}

    def write(
        self, name: str, before: Sequence[Kernel], kernels: Sequence[Kernel], whole: bool
    ) -> None:
        """One function; `whole` if it takes steps, else it runs the kernels once."""
        parameters = [("ptr", "table"), ("i64", "steps"), ("i64", "thread")]
        function = self.module.function(name, parameters)
        calls = Calls(self.program, self.givens, self.steps, self.module, self.function_for, whole)
        for kernel in before:
            calls.add(kernel)
        first = len(calls)
        if not whole:
            for kernel in kernels:
                calls.add(kernel)
            run = _Run(self, calls, function)
            run.kernels(0, len(calls))
            function.finish()
            return
        calls.add_step(kernels)
        run = _Run(self, calls, function)
        run.kernels(0, first)
        function.loop(Value("%steps", "i64"), lambda k: run.step(k, first))
        function.finish()

    def function_for(self, kernel: Nest | Product) -> Written:
        """The function of a kernel, its units of work, and the buffers it is called with."""
        buffers = buffers_of(kernel)
        numbers = {buffer: number for number, buffer in enumerate(buffers)}
        key = described(kernel, numbers)
        found = self.written.get(key)
        if found is None:
            own = canonical(kernel, numbers)
            name = f"kernel{len(self.written)}"
            emit = emit_product if isinstance(own, Product) else emit_nest
            units = emit(self.module, name, own, self.processor)
            found = self.written[key] = (name, units)
        return (*found, buffers)


class _Run:
    """The body of one function."""

    def __init__(self, writer: _Writer, calls: Calls, function: Function) -> None:
        self.writer = writer
        self.calls = calls
        self.function = function
        self.errors = self._slot(calls.working)
        self.barrier = function.address("i8", self.errors, literal(WORKING // 2, "i64"))
        self.threads = function.load("i64", self.barrier, literal(1, "i64"))
        if self.writer.steps.counter in self.writer.program.places:
            self.first = function.load("double", self._slot(calls.first))
        module = self.writer.module
        self.functions = module.addresses(calls.names)
        self.units = module.constant(calls.units, "i64")
        self.starts = module.constant(calls.starts, "i64")
        if writer.parallel:
            self.meets = module.constant(calls.meets(), "i64")
        self.pointers = function.new("ptr", f"alloca [{len(calls.pointers)} x ptr], align 64")
        if calls.pointers:
            self._point()

    def _slot(self, number: int) -> Value:
        return self.function.load("ptr", Value("%table", "ptr"), literal(number, "i64"))

    def _point(self) -> None:
        """Fill the table of the buffers' addresses."""
        function, module, pointers = self.function, self.writer.module, self.calls.pointers
        slots = module.constant([one.slot for one in pointers], "i64")
        offsets = module.constant([one.offset for one in pointers], "i64")

        def turn(at: Value) -> None:
            slot = function.load("i64", slots, at)
            base = function.load("ptr", Value("%table", "ptr"), slot)
            place = function.address("i8", base, function.load("i64", offsets, at))
            function.store(place, self.pointers, at)

        function.loop(len(pointers), turn)
        for at, one in enumerate(pointers):
            if one.constant:
                place = Value(one.constant, "ptr")
                function.store(place, self.pointers, literal(at, "i64"))

    def step(self, k: Value, first: int) -> None:
        """One step: the kernels from the first on."""
        function = self.function
        if self.writer.steps.counter in self.writer.program.places:
            self._count(k)
        self.kernels(first, len(self.calls))
        for at, one in enumerate(self.calls.pointers):
            if one.step:
                number = literal(at, "i64")
                place = function.load("ptr", self.pointers, number)
                further = function.address("i8", place, literal(one.step, "i64"))
                function.store(further, self.pointers, number)

    def kernels(self, start: int, stop: int) -> None:
        """Calls of kernels, for this thread's part of the work; threads meet where they must."""
        if start < stop:
            self.function.loop(stop, self._call, start=start)

    def _call(self, at: Value) -> None:
        function = self.function
        name = function.load("ptr", self.functions, at)
        start = function.load("i64", self.starts, at)
        buffers = function.address("ptr", self.pointers, start)
        low, high = self._part(function.load("i64", self.units, at))
        arguments = (self.errors, buffers, low, high)
        shown = ", ".join(f"{one.type} {one.text}" for one in arguments)
        function.do(f"call void {name.text}({shown})")
        if self.writer.parallel:
            meets = function.load("i64", self.meets, at)
            must = function.compare("ne", meets, literal(0, "i64"))
            function.when(must, self._meet)

    def _meet(self) -> None:
        self.function.call("meet", self.barrier)

    def _part(self, units: Value) -> tuple[Value, Value]:
        """Which units this thread does."""
        function = self.function
        if not self.writer.parallel:
            return literal(0, "i64"), units
        low = function.mul(Value("%thread", "i64"), units)
        return (
            function.new("i64", f"udiv i64 {low.text}, {self.threads.text}"),
            function.new("i64", f"udiv i64 {function.add(low, units).text}, {self.threads.text}"),
        )

    def _count(self, k: Value) -> None:
        """The number of this step."""
        function, program = self.function, self.writer.program
        counter = self.writer.steps.counter
        assert counter is not None
        number = function.add(self.first, function.cast("uitofp", k, "double"))
        scalar = llvm_type(program.buffers[counter].dtype)
        if scalar == "float":
            number = function.cast("fptrunc", number, scalar)
        elif scalar != "double":
            number = function.cast("fptosi", number, scalar)
        offset = literal(WORKING + program.places[counter], "i64")
        function.store(number, function.address("i8", self.errors, offset))
