"""Calls like the one before: the same program again, without looking it up.

Looking it up takes longer than a small program runs: types and shapes of arguments are made a
key, and keys are compared.  Here the arguments are compared with what the program was made for, one
by one, and what the function reads besides them is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.functions.staging import Program
from chainrule.graph.node import Array
from chainrule.trace.trees import LEAF, Structure, flatten

__all__ = ["UNLIKE", "Way", "quick_way"]

UNLIKE = object()  # said of arguments that are not like those before
NUMBERS = (float, np.float32, np.float64)  # that become arrays, if they were such numbers before

Way = Callable[[tuple[Any, ...]], Any]
Attempt = Callable[..., list[Array] | None]
Opening = Callable[[Any, list[Any]], bool]


def quick_way(program: Program, attempt: Attempt, arguments: tuple[Any, ...]) -> Way | None:
    """What runs a program for arguments like these, and returns UNLIKE for others.

    `attempt` runs it for arrays, and returns None where they are not exactly what is expected.
    There is no such way where an argument is neither an array nor a real number, nor holds such.
    It may raise whatever reading a thing that is gone raises.
    """
    leaves, structure = flatten(arguments)
    if len(leaves) != len(program.trace.arguments):
        return None
    kinds = [(at, type(leaf)) for at, leaf in enumerate(leaves) if type(leaf) is not np.ndarray]
    if not all(kind in NUMBERS for _, kind in kinds):
        return None
    opening = None if structure.parts == (LEAF,) * len(arguments) else _opening_of(structure)
    dtypes = [np.dtype(node.dtype.type) for node in program.trace.arguments]  # as arrays have them
    numbers = [(at, kind, dtypes[at]) for at, kind in kinds]
    watched = [(one.read, one.value, one.holds) for one in program.remembered]
    reads, finish = program.reads, program.finish

    def way(given: tuple[Any, ...]) -> Any:
        for read, value, holds in watched:
            if read() is not value and not holds():
                return UNLIKE
        arrays: Sequence[Any] = given
        if opening is not None:
            arrays = []
            if not opening(given, arrays):
                return UNLIKE
        if numbers:
            arrays = _with_numbers(arrays, numbers)
        found = attempt(*arrays, *[read() for read in reads]) if reads else attempt(*arrays)
        if found is None:
            return UNLIKE
        return finish([one if one.ndim else one[()] for one in found])

    return way


def _with_numbers(given: Sequence[Any], numbers: Sequence[tuple[int, Any, Any]]) -> list[Any]:
    """Numbers as arrays, where there were numbers before."""
    found = list(given)
    for at, kind, dtype in numbers:
        if at < len(found) and type(found[at]) is kind:
            found[at] = np.array(found[at], dtype)
    return found


def _opening_of(structure: Structure) -> Opening:
    """What adds the leaves of a value to a list; it is False for a value of another structure."""
    kind: Any = structure.kind
    keys, size = structure.keys, len(structure.parts)
    inner = [None if part.kind is None else _opening_of(part) for part in structure.parts]
    is_dict, is_tuple = issubclass(kind, dict), issubclass(kind, list | tuple)

    def opened(value: Any, leaves: list[Any]) -> bool:
        parts = value
        if type(parts) is not kind:
            return False
        if is_dict:
            if tuple(parts) != keys:
                return False
            parts = parts.values()
        elif not is_tuple:
            parts = [getattr(parts, name) for name in keys]
        elif len(parts) != size:
            return False
        for part, below in zip(parts, inner):  # noqa: B905 (equal, and slower)
            if below is None:
                leaves.append(part)
            elif not below(part, leaves):
                return False
        return True

    return opened
