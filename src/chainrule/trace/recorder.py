"""One tracing: the quantities it has met, the user's names for them, and the lines they stand on.

Names are read off the local variables of the user's frames, before each step and at the end.  A
frame that is held keeps its variables after the function has returned, so that nothing that was
ever bound to a name at the time of a step, or is bound at the end, goes without it.  No tracing
hook is set: debuggers and coverage tools see nothing unusual.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from linecache import getline, getlines
from types import CodeType, FrameType
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, TooLarge
from chainrule.graph.callers import is_users
from chainrule.graph.node import Array, Input, Node, Shape, topological
from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span
from chainrule.ops.contract import show_shape

__all__ = [
    "MOST_STEPS",
    "Place",
    "Recorder",
    "active_recorder",
    "described",
    "recording",
    "run_traced",
]

MOST_STEPS = 100_000  # of one tracing: a loop that builds more has no end, or is one for `scan`
UNNAMED = "_"


class Place(Record):
    """An instruction of the user's code: resolved to a line and columns only when shown."""

    code: CodeType
    instruction: int

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        return self._columns()[0]

    @property
    def path(self) -> str:
        """The file, as short as it can be said from here."""
        path = self.code.co_filename
        try:
            short = os.path.relpath(path)
        except ValueError:  # another drive
            return path
        return path if short.startswith("..") or not os.path.exists(path) else short

    @property
    def expression(self) -> str:
        """The instruction as written, if it stands on one line; else ""."""
        line, start, stop = self._columns()
        written = getline(self.code.co_filename, line).encode()
        return "" if stop == sys.maxsize else written[start:stop].decode()

    @property
    def text(self) -> str:
        """The line as written; "" where there is no file."""
        return getline(self.code.co_filename, self.line).strip()

    def pin(self, problem: ChainruleError) -> ChainruleError:
        """The problem, with this place in the user's text."""
        line, start, stop = self._columns()
        lines = getlines(self.code.co_filename)
        if not 1 <= line <= len(lines):
            return problem.at(Source("\n" * max(line, 1), self.path), Span(line - 1, line - 1))
        before = sum(map(len, lines[: line - 1]))
        written = lines[line - 1].encode()
        first, last = len(written[:start].decode()), len(written[:stop].decode())
        return problem.at(Source("".join(lines), self.path), Span(before + first, before + last))

    def _columns(self) -> tuple[int, int, int]:
        """Line, first and last column (in bytes) of the instruction on that line."""
        for at, (line, last_line, start, stop) in enumerate(self.code.co_positions()):
            if at == self.instruction // 2:
                wide = stop is None or last_line != line
                last = sys.maxsize if stop is None or wide else stop
                return line or self.code.co_firstlineno, start or 0, last
        return self.code.co_firstlineno, 0, sys.maxsize


class Recorder:
    """Collects names and places while a function runs on traced arrays."""

    def __init__(self) -> None:
        self.is_open = True
        self.places: dict[Node, Place] = {}
        self.samples: dict[Node, Node] = {}
        self._frames: dict[FrameType, None] = {}
        self._stack: list[FrameType] = []  # at the last step
        self._bindings: dict[Node, str] = {}
        self._inputs: set[Node] = set()
        self._arguments: set[Node] = set()
        self._labels: dict[Node, str] = {}
        self._steps = 0
        self._met: dict[int, weakref.ref[Any]] = {}

    def expect(self, node: Node, label: str) -> None:
        """An input: `x` is its name, `params.W` one for want of a local variable's."""
        self._inputs.add(node)
        self._labels[node] = label
        if label.isidentifier():
            self._bindings[node] = label
            self._arguments.add(node)

    def step(self) -> Place | None:
        """Before a step: read new names; return where the user's code stands.

        Raises:
            TooLarge: there have been very many steps.
        """
        self._steps += 1
        stack = list(self._users_frames())
        left = [frame for frame in self._stack if frame not in stack]
        for frame in (*left, *reversed(stack)):  # as names were bound in time
            self._frames[frame] = None
            self._read(frame)
        self._stack = stack
        place = Place(stack[0].f_code, stack[0].f_lasti) if stack else None
        if self._steps > MOST_STEPS:
            problem = TooLarge(
                f"the function has taken {MOST_STEPS:,} steps and goes on: is there a loop without "
                "an end? A long one is written with cr.numpy.scan, which is traced once"
            )
            raise problem if place is None else place.pin(problem)
        return place

    def meet(self, array: Array) -> None:
        """An array that the function has from somewhere: it may be kept there, and change."""
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        self._met.setdefault(id(base), weakref.ref(base))

    def kept(self) -> list[weakref.ref[Any]]:
        """The arrays that have outlived the function, when all of its own are gone."""
        return [one for one in self._met.values() if one() is not None]

    def local_names(self, wanted: Mapping[int, Any]) -> dict[int, str]:
        """What the innermost frame calls the objects with these ids, for an error message."""
        for frame in self._users_frames():
            return {
                id(value): name for name, value in frame.f_locals.items() if id(value) in wanted
            }
        return {}

    def close(self) -> Mapping[Node, str]:
        """Read the last names and let the user's frames go; each named node with its own name.

        A name that was bound several times is numbered: `h_1`, `h_2`; an argument keeps its name.
        """
        for frame in self._frames:
            self._read(frame)
        self._frames.clear()
        self._stack.clear()
        self.is_open = False
        strangers = _strangers(self._labels, self._inputs)
        found = {
            node: self._bindings.get(node, label)
            for node, label in self._labels.items()
            if node not in strangers
        }
        return _numbered(found, self._arguments)

    def _users_frames(self) -> Iterator[FrameType]:
        """The user's frames above the call that is traced, the innermost first."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code is not _BOUNDARY:
            if is_users(frame):
                yield frame
            frame = frame.f_back

    def _read(self, frame: FrameType) -> None:
        from chainrule.trace.array import Traced

        for name, value in frame.f_locals.items():
            if type(value) is not Traced or value.recorder is not self:
                continue
            if value.node not in self._bindings and name != UNNAMED and name.isidentifier():
                self._labels.setdefault(value.node, name)
                self._bindings[value.node] = name


def _strangers(nodes: Iterable[Node], inputs: Container[Node]) -> set[Node]:
    """The nodes that depend on what is no input: on the carry of a loop, on one row of a batch."""
    found: set[Node] = set()
    for node in topological(nodes):
        is_stranger = isinstance(node.operation, Input) and node not in inputs
        if is_stranger or any(lower in found for lower in node.inputs):
            found.add(node)
    return found


def _numbered(bindings: Mapping[Node, str], arguments: Container[Node]) -> dict[Node, str]:
    """Names made unique: the second `h` and those after it are numbered, and then the first too."""
    count: dict[str, int] = {}
    for name in bindings.values():
        count[name] = count.get(name, 0) + 1
    taken = {name for name, times in count.items() if times == 1}
    found: dict[Node, str] = {}
    used: dict[str, int] = {}
    for node, name in bindings.items():
        if count[name] == 1 or (node in arguments and name not in used):
            found[node] = name
            used.setdefault(name, 0)
            continue
        number = used.get(name, 0) + 1
        while f"{name}_{number}" in taken:
            number += 1
        used[name] = number
        found[node] = f"{name}_{number}"
    return found


_active: ContextVar[Recorder | None] = ContextVar("chainrule_recorder", default=None)


def active_recorder() -> Recorder | None:
    """The tracing that is going on, if there is one."""
    return _active.get()


@contextmanager
def recording(recorder: Recorder) -> Iterator[Recorder]:
    """Within the block this is the tracing that goes on."""
    token = _active.set(recorder)
    try:
        yield recorder
    finally:
        _active.reset(token)


def run_traced(call: Callable[..., Any], *arguments: Any) -> Any:
    """Do what is traced; the user's frames of interest are those above this one."""
    return call(*arguments)


_BOUNDARY = run_traced.__code__


def described(operands: Mapping[str, Shape]) -> str:
    """Names with their shapes: "x is (5 × 3), W is (2 × 4)"."""
    return ", ".join(f"{name} is {show_shape(shape)}" for name, shape in operands.items())
