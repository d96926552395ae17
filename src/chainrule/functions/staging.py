"""Tracing once, running often: what every derivative function does with its arguments.

A `Staged` function is traced when it meets a new signature (shapes, types, settings, captured
values) and run as a plan from then on.  Called within another traced function, it is traced as a
part of that one: this is how derivatives of derivatives come about.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import Parameter, signature
from threading import RLock
from typing import Any, Protocol

import numpy as np

from chainrule.errors import ChainruleError, DataProblem, NameProblem
from chainrule.functions import lints
from chainrule.functions.custom import check_used
from chainrule.functions.signature import adapt, add, as_array, check, kept
from chainrule.graph.node import Array, Node, topological
from chainrule.run.interpreter import Plan, too_large
from chainrule.trace.recorder import active_recorder
from chainrule.trace.tracer import Argument, Call, Placeholder, Trace, trace
from chainrule.trace.trees import LEAF, flatten, unflatten

__all__ = [
    "Finish",
    "Program",
    "Runnable",
    "Staged",
    "Wrt",
    "kept",
    "parameter_names",
    "place_of",
    "positions_of",
]

Finish = Callable[[list[Any]], Any]
Wrt = int | str | Sequence[int | str]
MOST_PROGRAMS = 64  # of one function: those of the signature met longest ago are forgotten


class Runnable(Protocol):
    """What computes the outputs of a program from its inputs."""

    def run(self, values: Sequence[Any]) -> list[Any]: ...


class Program:
    """A traced function, ready to run: its plan, and what it was made for."""

    __slots__ = (
        "_constant",
        "finish",
        "outputs",
        "plan",
        "reads",
        "remembered",
        "shapes",
        "trace",
        "wrt",
    )

    def __init__(
        self,
        traced: Trace,
        outputs: Sequence[Node],
        finish: Finish,
        planned: Callable[[Sequence[Node], Sequence[Node]], Runnable] = Plan,
    ) -> None:
        self.trace = traced
        self.outputs = outputs
        self.plan = planned(outputs, traced.inputs)
        self.finish = finish
        self.wrt: tuple[Node, ...] = ()
        self.remembered = list(
            {(one.read, id(one.value)): one for one in traced.remembered}.values()
        )
        self.reads = [captured.read for captured, _ in traced.captured]
        self.shapes = [(node.shape, node.dtype) for _, node in traced.captured]
        moving = _depending(outputs, traced.inputs)
        self._constant = [node not in moving for node in outputs]

    def captured(self) -> list[Array] | None:
        """The captured arrays as they are now; None if the program was made for others."""
        try:
            for remembered in self.remembered:
                if not remembered.holds():
                    return None
            arrays = [read() for read in self.reads]
        except (LookupError, AttributeError, TypeError, ValueError):  # it is gone
            return None
        for array, wanted in zip(arrays, self.shapes, strict=True):
            if not isinstance(array, np.ndarray) or (array.shape, array.dtype) != wanted:
                return None
        return arrays

    def run(self, arrays: list[Array]) -> Any:
        """The result, in memory that nobody else holds.

        Raises:
            TooLarge: there is not enough memory.
        """
        taken = {id(_owner(array)) for array in arrays}
        found = []
        try:
            values = self.plan.run(arrays)
        except ChainruleError as problem:
            raise self._placed(problem, arrays) from None
        except MemoryError:
            raise too_large(self.outputs) from None
        for value, is_constant in zip(values, self._constant, strict=True):
            if not isinstance(value, np.ndarray) or value.ndim == 0:
                value = np.asarray(value)[()]
            elif is_constant or not value.flags.writeable or id(_owner(value)) in taken:
                value = value.copy()
            taken.add(id(_owner(value)))
            found.append(value)
        return self.finish(found)

    def _placed(self, problem: ChainruleError, arrays: list[Array]) -> ChainruleError:
        """The problem at the user's line: that of the first step which has it."""
        for node, place in reversed(list(self.trace.places.items())):
            try:
                Plan([node], self.trace.inputs)(*arrays)
            except ChainruleError as found:
                if found.message == problem.message:
                    return place.pin(problem)
        return problem


def _owner(array: Any) -> Any:
    """What holds an array's memory: itself, or what it is a view of."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array


def _depending(outputs: Sequence[Node], inputs: Sequence[Node]) -> set[Node]:
    """The nodes that depend on an input; the values of all others are kept from run to run."""
    moving = set(inputs)
    for node in topological(outputs):
        if any(lower in moving for lower in node.inputs):
            moving.add(node)
    return moving


class Staged:
    """A function of plain NumPy functions; see the module's first lines.

    `call` is what is traced: it is given the function, its arguments and settings, all traced.
    `wrt` are the positions that it differentiates by, where a whole number counts as a float.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        call: Call,
        wrt: frozenset[int | str] = frozenset(),
        name: str = "",
    ) -> None:
        self.function = function
        self.call = call
        self.wrt = wrt | _names_at(function, wrt)
        self._tracing = RLock()
        self._programs: dict[Any, tuple[Program, ...]] = {}
        self.__name__ = f"{name}({getattr(function, '__name__', function)})"
        self.__doc__ = getattr(function, "__doc__", None)
        self.__wrapped__ = function

    def __repr__(self) -> str:
        return f"<{self.__name__}>"

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        if active_recorder() is not None:
            return self.call(self.function, arguments, settings)
        return self.run(arguments, settings)

    def run(self, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        """The results for these arguments, from a program that fits or a new one."""
        program, values, is_new = self.fitting(arguments, settings)
        found = program.run(values)
        if is_new:
            lints.warn(lints.found_in(program.trace, values, program.wrt))
        return found

    def fitting(
        self, arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Program, list[Array], bool]:
        """A program that fits these arguments, its inputs' values, and whether it is a new one.

        Raises:
            DataProblem: the function cannot be traced.
        """
        key, leaves = self._signature(arguments, settings)
        for program in self._programs.get(key, ()):
            captured = program.captured()
            if captured is not None:
                return program, [*leaves, *captured], False
        with self._tracing:
            if any(one.captured() is not None for one in self._programs.get(key, ())):
                return self.fitting(arguments, settings)  # another thread has been at it
            program, values = self.program(arguments, settings)
        check_used(program.trace, values)
        return program, values, True

    def program(
        self, arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Program, list[Array]]:
        """A new program for these arguments, and the values of its inputs.

        Raises:
            DataProblem: the function cannot be traced.
        """
        key, leaves = self._signature(arguments, settings)
        program = self._traced(key, leaves, arguments, settings)
        captured = program.captured()
        if captured is None:
            raise DataProblem("the function changes arrays that it also reads: return them instead")
        return program, [*leaves, *captured]

    def _signature(
        self, arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Any, list[Array]]:
        """What a program is looked up by, and the arrays to run it on."""
        key: list[Any] = []
        arrays: list[Array] = []
        weak: list[int] = []
        for position, argument in enumerate(arguments):
            if type(argument) is np.ndarray and argument.dtype.kind in "fiub":
                key.append((argument.shape, argument.dtype))
                arrays.append(argument)
            else:
                add(self._is_wrt(position, len(arguments)), argument, key, arrays, weak)
        for name, argument in settings.items():
            key.append(name)
            add(self._is_wrt(name, 0), argument, key, arrays, weak)
        if weak:
            key.append(adapt(arrays, weak))
        return tuple(key), arrays

    def _is_wrt(self, where: int | str, count: int) -> bool:
        """Whether an argument is differentiated by; positions may be counted from the end."""
        return where in self.wrt or (isinstance(where, int) and where - count in self.wrt)

    def _traced(
        self,
        key: Any,
        arrays: Sequence[Array],
        arguments: Sequence[Any],
        settings: Mapping[str, Any],
    ) -> Program:
        names = parameter_names(self.function, len(arguments))
        notes: list[Any] = []

        def call(*called: Any) -> Any:
            found, note = self.build(*called)
            notes.append(note)
            return found

        wrt = [self._is_wrt(at, len(arguments)) for at in (*range(len(arguments)), *settings)]
        values = zip((*names, *settings), (*arguments, *settings.values()), wrt, strict=True)
        left = iter(arrays)
        given = [_argument(*each, left) for each in values]
        traced = trace(self.function, given[: len(arguments)], given[len(arguments) :], call)
        program = Program(traced, *self.prepared(traced, notes[0]), self.planned)
        program.wrt = _inputs_of(given, wrt, traced)
        self._programs[key] = (program, *self._programs.pop(key, ()))[:MOST_PROGRAMS]
        while sum(map(len, self._programs.values())) > MOST_PROGRAMS:
            oldest = next(iter(self._programs))
            self._programs[oldest] = self._programs[oldest][:-1]
            if not self._programs[oldest]:
                del self._programs[oldest]
        return program

    def build(
        self, function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        """What is traced for a program of its own, and a note on it for `prepared`."""
        return self.call(function, arguments, settings), None

    def prepared(self, traced: Trace, note: Any) -> tuple[Sequence[Node], Finish]:
        """What to compute, and what makes the result of the values: the containers again."""
        structure = traced.structure
        if structure is LEAF:
            return traced.outputs, lambda values: values[0]
        return traced.outputs, lambda values: unflatten(structure, values)

    def condensed(self) -> Staged:
        """The same, with as much computed as machine code should compute at once."""
        return self

    def planned(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> Runnable:
        """What runs: the interpreter, unless a subclass has something faster."""
        return Plan(outputs, inputs)

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """What it reads arrays by; see `trace.captured`."""
        return (self.function,)

    def with_functions(self, functions: tuple[Callable[..., Any], ...]) -> Staged:
        """The same of a copy of the function, in which captured arrays are replaced."""
        made = copy.copy(self)
        (made.function,) = functions
        return made


def _inputs_of(given: Sequence[Argument], wrt: Sequence[bool], traced: Trace) -> tuple[Node, ...]:
    """The inputs that are differentiated by; those of all arguments where nobody says."""
    flags = [
        is_wrt
        for argument, is_wrt in zip(given, wrt, strict=True)
        for leaf in argument.leaves
        if isinstance(leaf, Placeholder)
    ]
    found = [node for node, is_wrt in zip(traced.arguments, flags, strict=True) if is_wrt]
    return tuple(found or traced.arguments)


def _argument(name: str, value: Any, is_wrt: bool, arrays: Iterator[Array]) -> Argument:
    leaves, structure = flatten(value)
    placed = []
    for leaf in leaves:
        is_alone = is_wrt and structure is LEAF
        if as_array(leaf, is_alone) is not None:
            array = next(arrays)
            check(array, name, is_alone)
            leaf = Placeholder(array.shape, array.dtype.newbyteorder("="))  # as it is computed
        placed.append(leaf)
    return Argument(name, structure, tuple(placed))


def positions_of(function: Callable[..., Any], wrt: Wrt) -> tuple[int | str, ...]:
    """The parameters that `wrt` names, as positions; keyword-only ones stay names.

    Raises:
        NameProblem: the function has no such parameter.
    """
    wanted = wrt if isinstance(wrt, list | tuple) else (wrt,)
    return tuple([_position(function, one) for one in wanted])


def place_of(
    function: Callable[..., Any],
    where: int | str,
    arguments: Sequence[Any],
    settings: Mapping[str, Any],
) -> int | str:
    """Where an argument is in a call: its place, or its name if it is passed by that.

    Raises:
        DataProblem: it is not given.
    """
    if isinstance(where, int):
        if -len(arguments) <= where < len(arguments):
            return where % len(arguments)
        where = next(iter(_names_at(function, [where])), where)
    if where not in settings:
        raise DataProblem(f"wrt={where!r}: that argument is not given")
    return where


def _names_at(function: Callable[..., Any], positions: Iterable[int | str]) -> frozenset[str]:
    """The names by which arguments at these positions can be passed as well."""
    named = [
        one.name for one in _parameters(function) if one.kind is Parameter.POSITIONAL_OR_KEYWORD
    ]
    return frozenset(named[at] for at in positions if isinstance(at, int) and 0 <= at < len(named))


def _position(function: Callable[..., Any], wanted: Any) -> int | str:
    if isinstance(wanted, int | np.integer):
        return int(wanted)
    if not isinstance(wanted, str):
        raise DataProblem(f"wrt is a position or a parameter's name, not {wanted!r}")
    parameters = _parameters(function)
    names = [one.name for one in parameters]
    if wanted not in names:
        raise NameProblem(
            f"wrt={wanted!r}: {getattr(function, '__name__', 'the function')} has the parameters "
            f"{', '.join(names) or '(none)'}"
        )
    keyword = parameters[names.index(wanted)].kind is Parameter.KEYWORD_ONLY
    return wanted if keyword else names.index(wanted)


def parameter_names(function: Callable[..., Any], wanted: int) -> list[str]:
    """What the function calls its positional arguments; `x0`, `x1` where it does not say."""
    names: list[str] = []
    for parameter in _parameters(function):
        if parameter.kind is Parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}_{at}" for at in range(wanted - len(names))]
        elif parameter.kind is not Parameter.KEYWORD_ONLY:
            names.append(parameter.name)
    return [*names, *[f"x{at}" for at in range(len(names), wanted)]][: max(wanted, 0)]


def _parameters(function: Callable[..., Any]) -> list[Parameter]:
    try:
        return list(signature(function).parameters.values())
    except (TypeError, ValueError):  # a built-in function
        return []
