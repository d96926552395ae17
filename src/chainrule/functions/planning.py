"""`cr.plan`: how a function is run as machine code, to be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.errors import DataProblem
from chainrule.functions.compiling import Compiled, compile
from chainrule.graph.record import Record
from chainrule.run.native.function import NativeFunction
from chainrule.run.native.peak import measured_peak
from chainrule.run.native.report import MOST_FUNCTIONS, KernelLine, Report, report_of

__all__ = ["ExecutionPlan", "plan"]


class ExecutionPlan(Record):
    """How one signature of a function is run; printed, it is a table of its kernels."""

    name: str
    report: Report

    def __repr__(self) -> str:
        return "\n".join(lines_of(self.name, self.report))


def plan(function: Callable[..., Any], *arguments: Any, **settings: Any) -> ExecutionPlan:
    """How a function is run as machine code for these arguments.

    Args:
        function: what `cr.compile` takes, compiled or not, or a `cr.training_loop`.
        arguments, settings: as the function is called, or the loop.

    Returns:
        The fused kernels, buffers, operations and bytes of a call (of a training loop: of a step),
        what NumPy computes, and the time it takes at least on this machine.  Print it.

    Raises:
        DataProblem: it is no function, cannot be traced, or there is no compiler for this machine.
        ShapeError: arrays in it do not fit together.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> found = cr.plan(lambda A, x: np.tanh(A @ x), np.ones((300, 200)), np.ones(200))
    >>> found.report.fallbacks, len(found.report.kernels)
    ((), 1)
    """
    native_for = getattr(function, "native_for", None)  # of a training loop
    if native_for is not None:
        native = native_for(*arguments, **settings)
        report = report_of(native.lowered, measured_peak(), native.threads)
        return ExecutionPlan(repr(function), report)
    if not callable(function):
        raise DataProblem(
            f"cr.plan takes a function, not an object of type {type(function).__name__}"
        )
    compiled = function if isinstance(function, Compiled) else compile(function)
    program, _ = compiled.program(arguments, settings)
    if not isinstance(program.plan, NativeFunction):
        raise DataProblem("there is no compiler for this machine: NumPy computes the function")
    name = getattr(compiled, "__name__", "function")
    return ExecutionPlan(name, report_of(program.plan.lowered, measured_peak(), 1))


def lines_of(name: str, report: Report) -> list[str]:
    """The plan as text."""
    width = max([len(_what(one)) for one in report.kernels], default=0)
    buffers = "" if report.in_registers else "  [buffers read → written]"
    found = [name, f"      {'':{width}}  operations     bytes{buffers}  functions"]
    for number, kernel in enumerate(report.kernels, 1):
        found.append(_line(number, kernel, width))
    memory = sum(one.size * one.dtype.itemsize for one in report.buffers)
    kept = f"; buffers {_bytes(memory)}, of these {_bytes(report.arena)} in the arena"
    kept = "" if report.in_registers else kept
    found += [
        f"{_counted(len(report.kernels), 'kernel')}, {_counted(report.threads, 'thread')}{kept}",
        f"{_count(report.operations)} operations, {_bytes(report.bytes)} read and written",
        f"at least {_time(report.seconds)} on this machine",
    ]
    if report.fallbacks:
        found.append(
            f"NumPy computes: {', '.join(dict.fromkeys(one[7:] for one in report.fallbacks))}"
        )
    return found


def _what(kernel: KernelLine) -> str:
    return f"once: {kernel.what}" if kernel.once else kernel.what


def _line(number: int, kernel: KernelLine, width: int) -> str:
    names = list(kernel.functions[:MOST_FUNCTIONS])
    names += ["…"] if len(kernel.functions) > MOST_FUNCTIONS else []
    reads = ",".join(map(str, kernel.reads))
    writes = ",".join(map(str, kernel.writes))
    buffers = f"  [{reads} → {writes}]" if kernel.writes else ""
    return (
        f"{number:4}  {_what(kernel):{width}}  {_count(kernel.operations):>10}  "
        f"{_bytes(kernel.bytes):>8}{buffers}  {' '.join(names)}".rstrip()
    )


def _counted(number: int, noun: str) -> str:
    """
    >>> _counted(1, "kernel"), _counted(9, "kernel")
    ('1 kernel', '9 kernels')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _count(number: float) -> str:
    """
    >>> _count(950), _count(26_200_000)
    ('950', '26.2 M')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:.0f}"


def _bytes(number: float) -> str:
    return f"{_count(number)}B" if number >= 1000 else f"{number:.0f} B"


def _time(seconds: float) -> str:
    """
    >>> _time(1.28e-4), _time(2.7e-8)
    ('128 µs', '0.027 µs')
    """
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"
