"""What `chainrule.numpy` offers: NumPy's functions, and those that NumPy and its protocols lack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any

import numpy as np

from chainrule.graph.node import Node
from chainrule.ops import look_up
from chainrule.ops.contract import PaperFunction
from chainrule.run.interpreter import evaluate
from chainrule.trace.array import Traced, build, unwrapped
from chainrule.trace.recorder import active_recorder
from chainrule.trace.shaping import array as array_of_nodes
from chainrule.trace.shaping import set_ as set_nodes
from chainrule.trace.table import adapter_of, as_nodes
from chainrule.trace.trees import flatten, unflatten

__all__ = ["array", "offered", "scan", "set_"]


def array(values: Any, dtype: Any = None) -> Any:
    """`np.array` that also takes traced values: nested lists of numbers and arrays of one shape.

    >>> import chainrule as cr
    >>> cr.grad(lambda x: cr.numpy.array([x, 2 * x]).sum())(1.0)
    np.float64(3.0)
    """
    if not _is_traced(values):
        return np.array(values, dtype)
    found = build("cr.numpy.array", array_of_nodes, (values,), {})
    return found if dtype is None else found.astype(dtype)


def set_(x: Any, index: Any, value: Any) -> Any:
    """A copy of `x` in which `x[index]` is `value`: what `x[index] = value` is for traced arrays.

    >>> import chainrule as cr
    >>> cr.numpy.set(np.zeros(3), 1, 5.0).tolist()
    [0.0, 5.0, 0.0]
    """
    if _is_traced((x, index, value)):
        return build("cr.numpy.set", set_nodes, (x, index, value), {})
    changed = np.array(x)
    changed[index] = value
    return changed


def scan(
    step: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
) -> tuple[Any, Any]:
    """A long loop whose step is traced once: `carry, y = step(carry, x)` for each entry of `xs`.

    Args:
        step: a function of the carry and of one entry; it may read other arrays.
        init: the first carry: an array of floats, or containers of them.
        xs: arrays (or containers of them) whose entries along the first axis are gone through.
        length: how many steps, where there are no `xs`.

    Returns:
        The last carry, and what the steps returned besides, stacked.  The graph has one node for
        the whole loop, and derivatives take time linear in the number of steps.

    >>> import chainrule as cr
    >>> def growth(rate):
    ...     last, _ = cr.numpy.scan(lambda x, _: (rate * x, None), np.array(1.0), length=100)
    ...     return last
    >>> cr.grad(growth)(1.0)
    np.float64(100.0)
    """
    recorder = active_recorder()
    if recorder is None:
        return _looped(step, init, xs, length)
    from chainrule.differentiate.scan import scan as scan_nodes  # loaded only for loops

    carry_leaves, carry_structure = flatten(init)
    part_leaves, part_structure = flatten(xs)
    structures = []

    def node_step(carries: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        carry = unflatten(carry_structure, [Traced(node, recorder) for node in carries])
        part = unflatten(part_structure, [Traced(node, recorder) for node in parts])
        after, output = step(carry, part)
        after_leaves, _ = flatten(after)
        output_leaves, structure = flatten(output)
        structures.append(structure)
        return as_nodes(unwrapped(after_leaves)), as_nodes(unwrapped(output_leaves))

    def adapter(carries: Sequence[Any], parts: Sequence[Any]) -> Any:
        return scan_nodes(node_step, as_nodes(carries), as_nodes(parts), length)

    last, stacked = build("cr.numpy.scan", adapter, (carry_leaves, part_leaves), {})
    return unflatten(carry_structure, last), unflatten(structures[0], stacked)


def _looped(step: Any, init: Any, xs: Any, length: int | None) -> tuple[Any, Any]:
    """The loop on numbers, as it stands."""
    leaves, structure = flatten(xs)
    count = length if not leaves or length is not None else len(leaves[0])
    carry, outputs = init, []
    for at in range(count or 0):
        carry, output = step(carry, unflatten(structure, [leaf[at] for leaf in leaves]))
        outputs.append(flatten(output))
    if not outputs:
        return carry, None
    columns = zip(*[found for found, _ in outputs], strict=True)
    return carry, unflatten(outputs[0][1], [np.stack(column) for column in columns])


def take(a: Any, indices: Any, axis: Any = None, **settings: Any) -> Any:
    """`np.take` that also takes traced positions, which NumPy does not let through.

    >>> import chainrule as cr
    >>> cr.grad(lambda x, at: (cr.numpy.take(np.eye(3), at, axis=0) @ x).sum())(
    ...     np.ones(3), np.array([0, 2, 2])
    ... ).tolist()
    [1.0, 0.0, 2.0]
    """
    if _is_traced((a, indices)):
        return build(np.take, adapter_of(np.take), (a, indices, axis), settings)
    return np.take(a, indices, axis, **settings)


OWN = {"array": array, "asarray": array, "scan": scan, "set": set_, "take": take}


@cache
def offered(name: str) -> Any:
    """A name of `chainrule.numpy`: one of its own, NumPy's, or an operation of the library.

    Raises:
        AttributeError: there is nothing of that name.
    """
    if name in OWN:
        return OWN[name]
    if hasattr(np, name):
        return getattr(np, name)
    found = look_up(name)
    if found is None or name.startswith("_"):
        raise AttributeError(f"chainrule.numpy has no {name!r}")
    made = _function(found)
    return _along_any_axis(made) if name in ("softmax", "log_softmax") else made


def _along_any_axis(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function along the last axis as one along `axis`."""

    @wraps(function)
    def along(x: Any, axis: int = -1) -> Any:
        if axis == -1:
            return function(x)
        return np.moveaxis(function(np.moveaxis(x, axis, -1)), -1, axis)

    return along


def _function(found: PaperFunction) -> Callable[..., Any]:
    """An operation of the library as a function of arrays."""

    def adapter(*inputs: Any, **settings: Any) -> Node:
        return found.build(*as_nodes(inputs), **settings)

    def function(*inputs: Any, **settings: Any) -> Any:
        if _is_traced(inputs) or _is_traced(settings):
            return build(f"cr.numpy.{found.name}", adapter, inputs, settings)
        return evaluate(adapter(*inputs, **settings))[()]

    function.__name__ = function.__qualname__ = found.name
    function.__doc__ = found.build.__doc__
    return function


def _is_traced(value: Any) -> bool:
    if isinstance(value, Traced):
        return True
    if isinstance(value, list | tuple):
        return any(map(_is_traced, value))
    return isinstance(value, dict) and any(map(_is_traced, value.values()))
