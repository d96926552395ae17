"""What a function reads besides its arguments: globals, enclosing variables, attributes of objects.

Arrays among them are inputs of the graph: a copy of the function is traced in which they are
replaced, and they are read again at every call.  All else (numbers, settings, helper functions)
is part of what the trace was made for: when it changes, the function is traced anew.  Globals and
attributes are looked at when the function first reads them, so nothing else of a module or an
object counts.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.callers import is_library
from chainrule.graph.record import Record
from chainrule.trace.generators import is_generator, state_of
from chainrule.trace.remembered import (
    PLAIN,
    Getter,
    Remembered,
    contents,
    is_fixed,
    refuse_subclass,
)
from chainrule.trace.stand_ins import (
    ClassStandIn,
    ModuleStandIn,
    ObjectStandIn,
    Space,
    attribute_of,
    is_users_object,
    item_of,
    module_is_users,
    written_to,
)

__all__ = ["Captured", "Substitution"]

DEEPEST = 50  # containers within containers
OPTIMIZED = 1  # the flag of functions' code, which that of a class's body lacks


class Captured(Record):
    """An array that is read anew at every call, and what the user calls it."""

    read: Getter
    name: str


class Substitution:
    """Copies of a function and of all that it reaches, in which `make` stands in for every array.

    `arrays` and `remembered` are what was found on the way: at first what encloses the function,
    then what it reads when it is called.

    >>> weights = np.ones(3)
    >>> found = Substitution(lambda x: x @ weights, lambda captured, array: array * 2)
    >>> found.function(np.ones(3)), [one.name for one in found.arrays]
    (np.float64(6.0), ['weights'])
    """

    def __init__(self, function: Any, make: Callable[[Captured, np.ndarray], Any]) -> None:
        self.arrays: list[Captured] = []
        self.remembered: list[Remembered] = []
        self.generators: list[tuple[Any, Any]] = []  # of random numbers, and their states
        self._make = make
        self._made: dict[int, tuple[Any, Any]] = {}  # by its id, a value (kept alive) and its copy
        self._spaces: dict[int, Space] = {}
        self.function = self.of(function, lambda: function, _name(function))

    def of(self, value: Any, read: Getter, name: str, depth: int = 0) -> Any:
        """The value with its arrays replaced; the value itself if it holds none."""
        if isinstance(value, PLAIN):
            self.remember(read, value)
            return value
        if issubclass(type(value), np.ndarray) and value.dtype.kind in "fiub":
            refuse_subclass(value, name)
            captured = Captured(read, name)
            self.arrays.append(captured)
            return self._make(captured, value)
        if id(value) in self._made:
            self.remember(read, value)
            return self._made[id(value)][1]
        if depth > DEEPEST:
            raise DataProblem(f"{name} holds containers more than {DEEPEST} deep")
        return self._keep(value, self._copy_of(value, read, name, depth))

    def remember(self, read: Getter, value: Any) -> None:
        """The trace holds as long as `value` is what is read."""
        self.remembered.append(Remembered(read, value))

    def finish(self) -> None:
        """After the call: numbers that the function assigned are the user's again.

        What it changes itself (a count, a list of its own) is not what the trace was made for.
        """
        for original, made in self._made.values():
            if issubclass(type(made), ObjectStandIn):
                for key, value in written_to(made).items():
                    if isinstance(value, PLAIN):
                        setattr(original, key, value)
        for space in self._spaces.values():
            space.write_back(PLAIN)
        self.remembered = [one for one in self.remembered if one.still_holds()]

    def _keep(self, value: Any, made: Any) -> Any:
        self._made[id(value)] = value, made
        return made

    def _copy_of(self, value: Any, read: Getter, name: str, depth: int) -> Any:
        if isinstance(value, MethodType):
            return self._method(value, read)
        if isinstance(value, functools.partial):
            return self._partial(value, read, name, depth)
        if isinstance(value, dict | list | tuple):
            return self._container(value, read, name, depth)
        if isinstance(value, set | frozenset) or (
            issubclass(type(value), np.ndarray) and value.dtype.kind in "US"
        ):
            self.remember(lambda: contents(read()), contents(value))
            return value
        if is_users_object(value) and not isinstance(value, enum.Enum | type):
            return self._object(value, read, name)
        self.remember(read, value)
        if isinstance(value, FunctionType) and not is_library(value.__code__.co_filename):
            return self._function(value, read, depth)
        if hasattr(value, "cache_info") and hasattr(value, "__wrapped__"):  # functools.cache
            return self.of(value.__wrapped__, attribute_of(read, "__wrapped__"), name, depth + 1)
        if hasattr(type(value), "with_functions"):  # a derivative, or an operation of the user's
            return self._of_ours(value, read, name, depth)
        if isinstance(value, ModuleType):
            return (
                ModuleStandIn(value, self._space(vars(value))) if module_is_users(value) else value
            )
        if isinstance(value, type):
            return self._class(value, read, name)
        if isinstance(value, Iterator):
            raise DataProblem(
                f"the function reads the iterator {name}: it is traced once, and would go on with "
                "the same entries at every call. Hand it the next entry as an argument"
            )
        if is_generator(value):
            self.generators.append((value, state_of(value)))
        return value

    def _object(self, value: Any, read: Getter, name: str) -> Any:
        """An object of the user's; another one of its class may take its place."""
        self.remember(lambda: type(read()), type(value))
        self._remember_globals(type(value).__mro__[1:])  # reached by super()
        return ObjectStandIn.of(value, read, name, self)

    def _function(self, function: FunctionType, read: Getter, depth: int) -> FunctionType:
        cells = [self._cell(cell) for cell in function.__closure__ or ()]
        space = self._space(function.__globals__)
        for name in _names_of_classes(function.__code__):
            space.get_now(name)
        made = FunctionType(function.__code__, space, function.__name__, None, tuple(cells))
        self._keep(function, made)
        for at, name in enumerate(function.__code__.co_freevars):
            self._fill(cells[at], (function.__closure__ or ())[at], _cell_of(read, at), name, depth)
        parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
        if function.__defaults__:
            names = parameters[-len(function.__defaults__) :]
            read_defaults = attribute_of(read, "__defaults__")
            made.__defaults__ = tuple(
                [
                    self.of(value, item_of(read_defaults, at), name, depth + 1)
                    for at, (name, value) in enumerate(
                        zip(names, function.__defaults__, strict=True)
                    )
                ]
            )
        if function.__kwdefaults__:
            read_named = attribute_of(read, "__kwdefaults__")
            made.__kwdefaults__ = {
                name: self.of(value, item_of(read_named, name), name, depth + 1)
                for name, value in function.__kwdefaults__.items()
            }
        for name, value in function.__dict__.items():
            kept = name == "__wrapped__"
            route = attribute_of(read, name)
            made.__dict__[name] = value if kept else self.of(value, route, name, depth + 1)
        made.__qualname__, made.__doc__ = function.__qualname__, function.__doc__
        return made

    def _cell(self, cell: CellType) -> CellType:
        """A cell for the copy; the cell itself where a number is held, or nothing yet."""
        if id(cell) not in self._made:
            try:
                is_shared = isinstance(cell.cell_contents, PLAIN)
            except ValueError:
                is_shared = True
            self._keep(cell, cell if is_shared else CellType())
        found: CellType = self._made[id(cell)][1]
        return found

    def _fill(self, made: CellType, cell: CellType, read: Getter, name: str, depth: int) -> None:
        try:
            value = cell.cell_contents
        except ValueError:  # not assigned yet
            return
        if made is cell:
            self.remember(read, value)
        elif name == "__class__":  # for super()
            made.cell_contents = value
        elif not _is_filled(made):
            made.cell_contents = value  # it may hold itself
            made.cell_contents = self.of(value, read, name, depth + 1)

    def _space(self, space: dict[str, Any]) -> Space:
        if id(space) not in self._spaces:
            self._spaces[id(space)] = Space(space, self.of)
        return self._spaces[id(space)]

    def _method(self, method: MethodType, read: Getter) -> Any:
        function = method.__func__
        code = getattr(function, "__code__", None)
        own = code.co_varnames[0] if code is not None and code.co_varnames else "self"
        owner = self.of(method.__self__, attribute_of(read, "__self__"), own)
        return MethodType(self.of(function, attribute_of(read, "__func__"), _name(function)), owner)

    def _partial(self, value: Any, read: Getter, name: str, depth: int) -> Any:
        function = self.of(value.func, attribute_of(read, "func"), name, depth + 1)
        names = getattr(getattr(value.func, "__code__", None), "co_varnames", ())
        inner = [
            self.of(one, item_of(attribute_of(read, "args"), at), (*names, *[name] * (at + 1))[at])
            for at, one in enumerate(value.args)
        ]
        named = {
            key: self.of(one, item_of(attribute_of(read, "keywords"), key), key)
            for key, one in value.keywords.items()
        }
        return functools.partial(function, *inner, **named)

    def _container(self, value: Any, read: Getter, name: str, depth: int) -> Any:
        if is_fixed(value):
            self.remember(read, value)
            return value
        self.remember(lambda: contents(read()), contents(value))
        keys = list(value) if isinstance(value, dict) else range(len(value))
        if all(isinstance(value[key], PLAIN) for key in keys):
            return value
        made = _empty_like(value)
        self._keep(value, made)  # it may hold itself
        parts = [
            self.of(value[key], item_of(read, key), _label(name, key), depth + 1) for key in keys
        ]
        if all(new is value[key] for key, new in zip(keys, parts, strict=True)):
            return value
        if isinstance(value, dict):
            made.update(zip(keys, parts, strict=True))
            return made
        if isinstance(value, list):
            made[:] = parts
            return made
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)

    def _of_ours(self, value: Any, read: Getter, name: str, depth: int) -> Any:
        functions = [
            self.of(one, item_of(attribute_of(read, "functions"), at), name, depth + 1)
            for at, one in enumerate(value.functions)
        ]
        return value.with_functions(tuple(functions))

    def _class(self, kind: type, read: Getter, name: str) -> Any:
        if not is_users_object(kind):
            return kind
        self._remember_globals(kind.__mro__)
        attributes = {key: getattr(kind, key) for one in kind.__mro__[:-1] for key in vars(one)}
        if any(_holds_array(value) for value in attributes.values()):
            return ClassStandIn(kind, read, name, self.of)
        for key, value in attributes.items():
            if isinstance(value, PLAIN) and not key.startswith("__"):
                self.remember(attribute_of(read, key), value)
        return kind

    def _remember_globals(self, kinds: tuple[type, ...]) -> None:
        """Numbers that the methods of classes mention, where the methods are run as they are."""
        for kind in kinds:
            for part in vars(kind).values():
                for each in (
                    part,
                    *[getattr(part, at, None) for at in ("fget", "__func__", "func")],
                ):
                    if isinstance(each, FunctionType) and not is_library(each.__code__.co_filename):
                        self._remember_numbers(each)

    def _remember_numbers(self, function: FunctionType) -> None:
        space = function.__globals__
        for name in set(_names_read(function.__code__)) & space.keys():
            if isinstance(space[name], PLAIN) and not name.startswith("__"):
                self.remember(item_of(lambda: space, name), space[name])


def _holds_array(value: Any) -> bool:
    if isinstance(value, dict | list | tuple):
        return any(map(_holds_array, value.values() if isinstance(value, dict) else value))
    return issubclass(type(value), np.ndarray)


def _empty_like(value: Any) -> Any:
    """A list or dict of the same kind, with whatever else it holds; a tuple as it is."""
    if type(value) in (dict, list):
        return type(value)()
    if isinstance(value, tuple):
        return value
    kind: Any = type(value)
    made = kind.__new__(kind)
    if hasattr(value, "__dict__"):
        vars(made).update(vars(value))
    if hasattr(value, "default_factory"):
        made.default_factory = value.default_factory
    return made


def _names_read(code: CodeType) -> Iterator[str]:
    """The global names in a function and in the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_read(constant)


def _names_of_classes(code: CodeType) -> Iterator[str]:
    """The names in bodies of classes within a function: Python looks those up in another way."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if not constant.co_flags & OPTIMIZED:
                yield from constant.co_names
            yield from _names_of_classes(constant)


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _label(name: str, key: Any) -> str:
    return f"{name}.{key}" if str(key).isidentifier() else f"{name}[{key!r}]"


def _cell_of(read: Getter, at: int) -> Getter:
    return lambda: read().__closure__[at].cell_contents
