"""Types of arrays as annotations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.graph.node import Node

__all__ = ["annotation", "element_type"]


def element_type(known: Sequence[np.dtype[Any]]) -> str:
    """The type of the numbers in most arrays: what `Array` stands for.

    >>> element_type([np.dtype("int64"), np.dtype("float32")]), element_type([])
    ('float32', 'float64')
    """
    return next((dtype.name for dtype in known if dtype.kind == "f"), "float64")


def annotation(node: Node, known: Sequence[np.dtype[Any]]) -> str:
    """A node's type; `known` are the types of the arguments.

    >>> from chainrule.graph.node import variable
    >>> annotation(variable(()), ()), annotation(variable((2,)), ())
    ('float', 'Array')
    """
    if node.dtype.kind == "f":
        if node.shape == ():
            return "float"
        own = node.dtype.name == element_type(known)
        return "Array" if own else f"npt.NDArray[np.{node.dtype.name}]"
    if node.shape == ():
        return "bool" if node.dtype.kind == "b" else "int"
    return f"npt.NDArray[np.{'bool_' if node.dtype.kind == 'b' else node.dtype.name}]"
