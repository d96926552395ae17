"""Which NumPy function builds which node: one table, filled by the files of this folder.

An adapter has the signature of its NumPy function.  Where a user passed a traced array it is
given that array's node; all else comes as the user passed it.  It returns a node, or a tuple or
list of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Node, constant
from chainrule.ops.shaping import stack

__all__ = ["FUNCTIONS", "adapter_of", "as_node", "as_nodes", "implements", "method_of", "refuse"]

Adapter = TypeVar("Adapter", bound=Callable[..., Any])
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
CHAPTERS = (  # each is loaded when a function is met that those before it do not know
    "elementwise",
    "products",
    "shaping",
    "reductions",
    "lines",
    "norms",
    "joining",
    "indexing",
    "linear_algebra",
)


def implements(*functions: Any) -> Callable[[Adapter], Adapter]:
    """Enter an adapter for these NumPy functions or ufuncs."""

    def enter(adapter: Adapter) -> Adapter:
        for function in functions:
            FUNCTIONS[function] = adapter
        return adapter

    return enter


def adapter_of(function: Any) -> Callable[..., Any] | None:
    """The adapter of a NumPy function or ufunc, or None."""
    for chapter in CHAPTERS:
        import_module(f"chainrule.trace.{chapter}")
        if function in FUNCTIONS:
            return FUNCTIONS[function]
    return None


def method_of(ufunc: np.ufunc, method: str) -> Callable[..., Any] | None:
    """The adapter of `ufunc.reduce`, `.accumulate` or `.outer`, or None."""
    from chainrule.trace.lines import ACCUMULATIONS
    from chainrule.trace.products import OUTERS
    from chainrule.trace.reductions import REDUCTIONS

    tables: dict[str, dict[np.ufunc, Callable[..., Any]]]
    tables = {"reduce": REDUCTIONS, "accumulate": ACCUMULATIONS, "outer": OUTERS}
    return tables.get(method, {}).get(ufunc)


def as_node(value: Any) -> Node:
    """A node as it is; a number, an array or a list of any of these as one.

    Whole numbers stay whole in arrays (they may be positions); a single one is a plain number.

    Raises:
        DataProblem: the value holds something else than numbers.
    """
    if isinstance(value, Node):
        return value
    if isinstance(value, list | tuple) and _holds_node(value):
        return stack(*as_nodes(value))
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise DataProblem(f"an array of {array.dtype} holds no numbers that can be traced")
    return constant(array, array.dtype if array.ndim or array.dtype.kind == "b" else None)


def _holds_node(values: Sequence[Any]) -> bool:
    return any(
        isinstance(part, Node) or (isinstance(part, list | tuple) and _holds_node(part))
        for part in values
    )


def as_nodes(values: Sequence[Any]) -> list[Node]:
    """Each value as a node."""
    return [as_node(value) for value in values]


def refuse(function: str, **given: Any) -> None:
    """Refuse settings that have no meaning for a traced array, unless they were left out.

    Raises:
        DataProblem: one of them was given.
    """
    for name, value in given.items():
        if value is not None:
            raise DataProblem(f"{function}: {name}= is not taken while tracing; leave it out")
