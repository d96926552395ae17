"""What a traced function is looked up by: shapes and types of arrays, and settings as they are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MethodType
from typing import Any, ParamSpec, TypeVar

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import FLOAT, Array
from chainrule.trace.recorder import active_recorder
from chainrule.trace.remembered import contents, refuse_subclass
from chainrule.trace.stand_ins import is_users_object
from chainrule.trace.trees import LEAF, flatten

__all__ = ["adapt", "add", "as_array", "check", "kept"]

Parameters = ParamSpec("Parameters")
T = TypeVar("T")
MOST_KNOWN = 256  # derivative functions kept, so that `cr.grad(f)` in a loop traces once


def kept(make: Callable[Parameters, T]) -> Callable[Parameters, T]:
    """Keep what is made of a function, so that it is the same each time it is asked for.

    Functions are told apart by identity.  Those met while tracing are not met again.
    """
    known: dict[Any, T] = {}

    @functools.wraps(make)
    def found(*arguments: Parameters.args, **settings: Parameters.kwargs) -> T:
        _check_function(make.__name__, arguments, settings)
        if active_recorder() is not None:
            return make(*arguments, **settings)
        key = (
            *map(_told_apart, arguments),
            *[(name, _told_apart(settings[name])) for name in settings],
        )
        made = known.pop(key, None)
        known[key] = made = make(*arguments, **settings) if made is None else made
        if len(known) > MOST_KNOWN:
            known.pop(next(iter(known)), None)
        return made

    return found


def _check_function(name: str, arguments: Sequence[Any], settings: Mapping[str, Any]) -> None:
    """Refuse what is no function, and arguments where only positions and names belong.

    Raises:
        DataProblem: one of them was given.
    """
    called = f"the arguments come behind, as in cr.{name}(f)(x)"
    if arguments and not callable(arguments[0]):
        found = type(arguments[0]).__name__
        raise DataProblem(f"cr.{name} takes a function, not an object of type {found}: {called}")
    for value in (*arguments[1:], *settings.values()):
        if isinstance(value, np.ndarray | dict):
            found = type(value).__name__
            raise DataProblem(f"cr.{name}(f, …) was given an object of type {found}: {called}")


def _told_apart(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_told_apart, value))
    return _Same(value) if callable(value) and not isinstance(value, MethodType) else value


def add(is_wrt: bool, argument: Any, key: list[Any], arrays: list[Array], weak: list[int]) -> None:
    """Add an argument to a key, and its arrays to those that the program is run on.

    `weak` are the positions of plain numbers of Python's, whose type is that of the arrays.
    """
    leaves, structure = flatten(argument)
    key.append(structure)
    for leaf in leaves:
        array = as_array(leaf, is_wrt and structure is LEAF)
        if array is None:
            key.append(_fixed(leaf))
            continue
        if type(leaf) in (float, int):
            weak.append(len(arrays))
        key.append((array.shape, array.dtype))
        arrays.append(array)


def adapt(arrays: list[Array], weak: Sequence[int]) -> np.dtype[Any]:
    """Give plain numbers the type of the arrays beside them, as NumPy does; the type."""
    types = {
        array.dtype for at, array in enumerate(arrays) if array.dtype.kind == "f" and at not in weak
    }
    if len(types) != 1:
        return FLOAT
    (found,) = types
    for at in weak:
        arrays[at] = arrays[at].astype(found)
    return found


def as_array(leaf: Any, is_number: bool) -> Array | None:
    """The leaf as an array of numbers; None if it is a setting that is traced as it stands."""
    if isinstance(leaf, np.ndarray):
        refuse_subclass(leaf, "an argument")
        return np.asarray(leaf) if leaf.dtype.kind in "fiubc" else None
    if isinstance(leaf, float | np.floating | complex | np.complexfloating):
        return np.asarray(leaf)
    if is_number and isinstance(leaf, int | np.integer) and not isinstance(leaf, bool):
        return np.asarray(leaf, FLOAT)
    return None


def _fixed(leaf: Any) -> Any:
    """A setting as a part of a key: its value; for an object of the user's, itself.

    Raises:
        DataProblem: it may change, and nobody would know.
    """
    if isinstance(leaf, set | frozenset) or (
        isinstance(leaf, np.ndarray) and leaf.dtype.kind in "US"
    ):
        return contents(leaf)
    if isinstance(leaf, slice):
        return slice, leaf.start, leaf.stop, leaf.step
    if is_users_object(leaf):
        return _Same(leaf)
    try:
        hash(leaf)
    except TypeError:
        raise DataProblem(
            f"an argument is or holds an object of type {type(leaf).__name__}, which may change "
            "unseen: make it arrays, numbers, text, or a list, tuple or dict of them"
        ) from None
    return type(leaf), leaf


class _Same:
    """A key that is equal for one and the same object only."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def check(array: Array, name: str, is_wrt: bool) -> None:
    if array.dtype.kind == "c":
        raise DataProblem(f"{name} is complex; only real numbers are differentiated here")
    if is_wrt and array.dtype.kind != "f":
        raise DataProblem(
            f"{name} holds {array.dtype} and is differentiated by: make it real numbers, "
            f"{name}.astype(float)"
        )
