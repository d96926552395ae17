"""Nested containers of arrays: dicts, lists, tuples, named tuples and dataclasses.

>>> leaves, structure = flatten({"W": 1.0, "b": [2.0, 3.0]})
>>> leaves, unflatten(structure, [10, 20, 30])
([1.0, 2.0, 3.0], {'W': 10, 'b': [20, 30]})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chainrule.graph.record import Record

__all__ = ["LEAF", "Structure", "count", "flatten", "labels", "leaves_of", "unflatten"]


class Structure(Record):
    """How leaves are nested: what makes the container from its parts, their keys, and theirs.

    A leaf has no `kind`.  Two structures are equal if values of them have the same containers.
    """

    kind: type | None
    keys: tuple[Any, ...]
    parts: tuple[Structure, ...]


LEAF = Structure(None, (), ())


def flatten(value: Any) -> tuple[list[Any], Structure]:
    """The leaves, from left to right, and how they are nested.  None has no leaves."""
    opened = _open(value)
    if opened is None:
        return [value], LEAF
    kind, keys, parts = opened
    leaves: list[Any] = []
    structures = []
    for part in parts:
        below, structure = flatten(part)
        leaves += below
        structures.append(structure)
    return leaves, Structure(kind, keys, tuple(structures))


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The containers again, with these leaves."""
    return _closed(structure, iter(leaves))


def leaves_of(structure: Structure, value: Any) -> list[Any] | None:
    """The leaves in the order of a structure, whatever the order of a dict's keys.

    None if the containers differ.

    >>> _, structure = flatten({"W": 1.0, "b": 2.0})
    >>> leaves_of(structure, {"b": 20, "W": 10}), leaves_of(structure, [10, 20])
    ([10, 20], None)
    """
    opened = _open(value)
    if structure.kind is None:
        return [value] if opened is None or value is None else None
    if opened is None:
        return None
    kind, keys, parts = opened
    if kind is not structure.kind or set(keys) != set(structure.keys):
        return None
    inner = dict(zip(keys, parts, strict=True))
    found: list[Any] = []
    for key, part in zip(structure.keys, structure.parts, strict=True):
        below = leaves_of(part, inner[key])
        if below is None:
            return None
        found += below
    return found


def count(structure: Structure) -> int:
    """How many leaves there are."""
    return 1 if structure.kind is None else sum(map(count, structure.parts))


def labels(structure: Structure, name: str) -> list[str]:
    """What each leaf is called: `params.W`, `layers[0]`; the name itself for a leaf."""
    if structure.kind is None:
        return [name]
    found = []
    for key, part in zip(structure.keys, structure.parts, strict=True):
        inner = f"{name}.{key}" if str(key).isidentifier() else f"{name}[{key!r}]"
        found += labels(part, inner)
    return found


def _open(value: Any) -> tuple[type, tuple[Any, ...], Iterable[Any]] | None:
    """A container's type, keys and parts; None for a leaf."""
    kind = value.__class__  # of what stands in for an object, too
    if value is None:
        return kind, (), ()
    if isinstance(value, dict):
        return kind, tuple(value), value.values()
    if isinstance(value, list | tuple):
        fields = getattr(kind, "_fields", None)
        return kind, tuple(range(len(value)) if fields is None else fields), value
    names = _dataclass_fields(kind)
    if names is None:
        return None
    return kind, names, [getattr(value, name) for name in names]


def _dataclass_fields(kind: type) -> tuple[str, ...] | None:
    """The fields that a dataclass is made from; `dataclasses` is not imported for others."""
    if not hasattr(kind, "__dataclass_fields__"):
        return None
    from dataclasses import fields

    return tuple(field.name for field in fields(kind) if field.init)


def _closed(structure: Structure, leaves: Iterator[Any]) -> Any:
    kind = structure.kind
    if kind is None:
        return next(leaves)
    parts = [
        next(leaves) if part.kind is None else _closed(part, leaves) for part in structure.parts
    ]
    if kind is tuple or kind is list:  # the usual ones first: results come this way at every call
        return kind(parts)
    if kind is dict:
        return dict(zip(structure.keys, parts))  # noqa: B905 (equal, and slower)
    if kind is type(None):
        return None
    make: Callable[..., Any] = kind
    if issubclass(kind, dict):
        made = kind.__new__(kind)
        made.update(zip(structure.keys, parts, strict=True))
        return made
    if hasattr(kind, "_fields"):
        return make(*parts)
    if issubclass(kind, list | tuple):
        return make(parts)
    return make(**dict(zip(structure.keys, parts, strict=True)))
