"""The operands of a function that acts entry by entry, in the types that NumPy makes of them.

What becomes of the types is asked of NumPy: truth values stay truth values and whole numbers
whole wherever they do there.  Numbers keep the precision of the arrays: a single number, or whole
numbers beside float32, never make float64 of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Node, constant
from chainrule.ops.broadcasting import aligned, cast, repeated_together
from chainrule.trace.table import as_nodes, refuse

__all__ = ["matched", "operands", "promoted"]

USUAL = {"where": True, "casting": "same_kind", "order": "K", "subok": True}
Type = np.dtype[Any] | type  # int, float: of a single number, which gives way to arrays
Resolve = Callable[[list[Type]], Sequence[np.dtype[Any]]]


def matched(name: str, values: Sequence[Any], resolve: Resolve) -> tuple[Node, ...]:
    """The operands in the types that `resolve` makes of theirs, repeated to one shape.

    Raises:
        DataProblem: NumPy does not take these types.
        ShapeError: there is no common shape.
    """
    nodes = as_nodes(values)
    try:
        wanted = resolve([_type(v, node) for v, node in zip(values, nodes, strict=True)])
        if any(dtype.kind == "f" for dtype in wanted):
            return aligned(name, *nodes)
        whole = [_exact(*each) for each in zip(values, nodes, wanted, strict=True)]
    except (TypeError, OverflowError) as problem:
        raise DataProblem(f"{name}: {problem}") from None
    return repeated_together(name, *whole)


def _is_single(value: Any) -> bool:
    return not isinstance(value, Node | list | tuple) and np.ndim(value) == 0


def _type(value: Any, node: Node) -> Type:
    if _is_single(value) and node.dtype.kind != "b":
        return type(np.asarray(value).item())
    return node.dtype


def _exact(value: Any, node: Node, dtype: np.dtype[Any]) -> Node:
    """A whole number in the type that NumPy chose; as a truth value anything as it is."""
    if _is_single(value):
        return constant(np.asarray(value).item(), dtype)
    return node if dtype.kind == "b" else cast(node, dtype)


def operands(ufunc: np.ufunc, *values: Any, **settings: Any) -> tuple[Node, ...]:
    """The operands of a ufunc, as NumPy would pair them.

    Raises:
        DataProblem: NumPy does not take these types, or the settings have no meaning here.
        ShapeError: there is no common shape.
    """

    def resolve(types: list[Type]) -> Sequence[np.dtype[Any]]:
        found: tuple[np.dtype[Any], ...]
        found = ufunc.resolve_dtypes((*types, *[None] * ufunc.nout))
        return found[: ufunc.nin]

    name = f"numpy.{ufunc.__name__}"
    refuse(name, **{key: value for key, value in settings.items() if not _is_usual(key, value)})
    return matched(name, values, resolve)


def _is_usual(key: str, value: Any) -> bool:
    return isinstance(value, bool | str) and value == USUAL.get(key)


def promoted(types: list[Type]) -> Sequence[np.dtype[Any]]:
    """The one type that functions which are no ufuncs make of several."""
    examples = [kind() if isinstance(kind, type) else kind for kind in types]
    return [np.result_type(*examples)] * len(types)
