"""The gradient of every example of a batch, from a function that sees one example."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.differentiate.batched import batched
from chainrule.errors import ShapeError
from chainrule.functions.derivatives import Point, gradients, number_of, traced
from chainrule.functions.staging import Staged, Wrt, kept, place_of, positions_of
from chainrule.graph.node import Node, variable
from chainrule.ops.contract import show_shape
from chainrule.trace.array import Traced, unwrapped
from chainrule.trace.recorder import active_recorder
from chainrule.trace.table import as_node
from chainrule.trace.trees import flatten, unflatten

__all__ = ["per_example_grad"]


@kept
def per_example_grad(
    function: Callable[..., Any], wrt: Wrt = 0, batch: Wrt | None = None
) -> Staged:
    """The gradient of each example's loss, for a function that sees one row of the batch.

    Args:
        function: of one example; it returns one number.
        wrt: the argument to differentiate by, or several.
        batch: the arguments that hold one example a row, along their leading axis; by default
            all arrays among the positional arguments that are not differentiated by.

    Returns:
        A function of the same arguments, those in `batch` with all examples.  The result has a
        leading axis in front of the shape of the argument: one gradient an example.

    Raises (when called):
        ShapeError: there is nothing to batch, or the leading axes differ.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> def loss(w, x, t):
    ...     return (x @ w - t) ** 2
    >>> cr.per_example_grad(loss)(np.zeros(2), np.eye(2), np.ones(2)) + 0.0
    array([[-2.,  0.],
           [ 0., -2.]])
    """
    positions = positions_of(function, wrt)
    chosen = None if batch is None else positions_of(function, batch)

    def call(function: Any, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        rows = Rows()
        given = [place_of(function, where, arguments, settings) for where in positions]
        if chosen is None:
            held: list[int | str] = [at for at in range(len(arguments)) if at not in given]
        else:
            held = [place_of(function, where, arguments, settings) for where in chosen]
        space: dict[int | str, Any] = dict(enumerate(arguments))
        space.update(settings)
        for at in held:
            space[at] = rows.opened(space[at])
        point = Point(
            function,
            [space[at] for at in range(len(arguments))],
            {name: space[name] for name in settings},
            positions,
        )
        output = number_of(point.call(), "per_example_grad")
        found = gradients(output, point)
        together = batched([one.node for one in found.values()], rows.batches())
        return point.packed(dict(zip(found, map(traced, together), strict=True)))

    return Staged(function, call, frozenset(positions), "per_example_grad")


class Rows:
    """One example's arrays, and the batches they are rows of."""

    def __init__(self) -> None:
        self._rows: dict[Node, Node] = {}

    def opened(self, argument: Any) -> Any:
        """The argument with one row in the place of each array; settings as they are."""
        leaves, structure = flatten(argument)
        return unflatten(structure, [self._row(leaf) for leaf in leaves])

    def _row(self, leaf: Any) -> Any:
        if not isinstance(leaf, Traced) and not hasattr(leaf, "dtype"):
            return leaf
        node = as_node(unwrapped(leaf))
        if not node.shape:
            return leaf
        row = variable(node.shape[1:], node.dtype)
        self._rows[row] = node
        recorder = active_recorder()
        if recorder is not None and node.shape[0]:
            recorder.samples[row] = node[0]
        return traced(row)

    def batches(self) -> dict[Node, Node]:
        """What each row is a row of.

        Raises:
            ShapeError: there is no batch, or the batches have different numbers of rows.
        """
        shapes = {node.shape for node in self._rows.values()}
        if not shapes:
            raise ShapeError("per_example_grad needs a batch: an array with one example a row")
        if len({shape[0] for shape in shapes}) > 1:
            found = ", ".join(sorted(map(show_shape, shapes)))
            raise ShapeError(
                f"a batch has one example a row; the arrays {found} have different numbers"
            )
        return self._rows
