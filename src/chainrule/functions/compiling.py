"""`cr.compile`: a function as machine code, called like the function itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.errors import ChainruleError, DataProblem
from chainrule.functions.quick import UNLIKE, Way, quick_way
from chainrule.functions.staging import MOST_PROGRAMS, Finish, Program, Runnable, Staged
from chainrule.graph.node import Array, Node
from chainrule.run.native.function import NativeFunction
from chainrule.run.native.running import native_plan
from chainrule.trace.recorder import active_recorder
from chainrule.trace.tracer import Trace

__all__ = ["Compiled", "compile"]

# What the quick way may meet, and the usual one says in words.
SAID_BELOW = (ChainruleError, MemoryError, LookupError, AttributeError, TypeError, ValueError)


class Compiled(Staged):
    """A staged function whose programs are machine code; see `compile`."""

    def __init__(self, inner: Staged, name: str) -> None:
        super().__init__(inner.function, inner.call, inner.wrt)
        self.__name__ = f"compile({name})"
        self._inner = inner
        self._quick: Way | None = None  # for arguments as last time
        self._ways: dict[Program, Way | None] = {}

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        quick = self._quick
        if quick is not None and not settings and active_recorder() is None:
            try:
                found = quick(arguments)
            except SAID_BELOW:
                found = UNLIKE
            if found is not UNLIKE:
                return found
        return super().__call__(*arguments, **settings)

    def fitting(
        self, arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Program, list[Array], bool]:
        found = super().fitting(arguments, settings)
        if not settings:
            self._quick = self._way(found[0], tuple(arguments))
        return found

    def build(
        self, function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        return self._inner.build(function, arguments, settings)

    def prepared(self, traced: Trace, note: Any) -> tuple[Sequence[Node], Finish]:
        return self._inner.prepared(traced, note)

    def planned(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> Runnable:
        """Machine code, or what the interpreter does where there is none."""
        return native_plan(outputs, inputs)

    def _way(self, program: Program, arguments: tuple[Any, ...]) -> Way | None:
        """The quick way of a program, made when it is first met."""
        ways = self._ways
        if program not in ways:
            plan, way = program.plan, None
            if isinstance(plan, NativeFunction) and plan.attempt is not None:
                way = quick_way(program, plan.attempt, arguments)
            if len(ways) == MOST_PROGRAMS:
                self._ways = ways = {}
            ways[program] = way
        return ways[program]


def _called(
    function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
) -> Any:
    return function(*arguments, **settings)


def compile(function: Callable[..., Any]) -> Compiled:
    """A function as machine code: any that can be traced, derivatives among them.

    It is compiled for each signature (shapes, types, settings) that it meets, or taken from the
    cache on disk; where there is no compiler for this machine, NumPy computes it, which is said
    once.  What has no kernel is computed by NumPy in between; `cr.plan` shows it.

    Returns:
        A function of the same arguments, with the same results.

    Raises:
        DataProblem: it is no function, or a training loop, which is compiled already.

    Raises (when called):
        DataProblem: the function does what cannot be traced.
        ShapeError: arrays in it do not fit together.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> slope = cr.compile(cr.grad(lambda x: np.sum(np.sin(x))))
    >>> slope(np.array([0.0])).tolist()
    [1.0]
    """
    if not callable(function):
        raise DataProblem(
            f"cr.compile takes a function, not an object of type {type(function).__name__}"
        )
    if hasattr(function, "native_for"):
        raise DataProblem("a training loop is compiled already: call it")
    staged = function if isinstance(function, Staged) else Staged(function, _called)
    return Compiled(staged.condensed(), getattr(function, "__name__", "function"))
