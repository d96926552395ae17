"""A NumPy function and its adapter on the same arguments: value, shape and type are the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Node, variable
from chainrule.run.interpreter import evaluate_all
from chainrule.trace.table import adapter_of


@dataclass(frozen=True)
class Plain:
    """An array that is passed as it is, not traced."""

    value: Any


def opened(value: Any, given: dict[Node, Array] | None) -> Any:
    """The arguments of NumPy, or with inputs in the place of arrays, whose values `given` keeps."""
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, list | tuple):
        return type(value)([opened(part, given) for part in value])
    if not isinstance(value, np.ndarray) or given is None:
        return value
    node = variable(value.shape, value.dtype)
    given[node] = value
    return node


def compared(adapter: Any, function: Any, *args: Any, **kwargs: Any) -> None:
    """Arrays among the arguments are inputs for the adapter; what it builds is run on them."""
    given: dict[Node, Array] = {}
    named = {name: opened(value, given) for name, value in kwargs.items()}
    found = adapter(*opened(list(args), given), **named)
    plain = {name: opened(value, None) for name, value in kwargs.items()}
    wanted = function(*opened(list(args), None), **plain)
    if not isinstance(wanted, list | tuple):
        found, wanted = [found], [wanted]
    else:
        assert type(found) is type(wanted)
    nodes = [node for node in found if isinstance(node, Node)]
    values = dict(zip(nodes, evaluate_all(nodes, given), strict=True))
    for one, other in zip(found, wanted, strict=True):
        if not isinstance(one, Node):
            assert one == other
            assert type(one) is type(other)
            continue
        value = values[one]
        assert (one.shape, one.dtype) == (value.shape, value.dtype)
        assert (value.shape, value.dtype) == (np.shape(other), np.asarray(other).dtype)
        np.testing.assert_array_equal(value, other)


def agrees(function: Any, *args: Any, **kwargs: Any) -> None:
    """A NumPy function's own result, and what its adapter builds."""
    adapter = adapter_of(function)
    assert adapter is not None
    compared(adapter, function, *args, **kwargs)
