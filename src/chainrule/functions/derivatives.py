"""What each derivative function builds while a function is traced.

Reverse mode for `grad` and `vjp`, forward mode for `jvp`; a Hessian is the Jacobian of a gradient.

>>> import numpy as np
>>> import chainrule as cr
>>> def loss(W, x):
...     return np.sum(np.tanh(x @ W) ** 2)
>>> cr.grad(loss)(np.zeros((2, 3)), np.ones(2)).shape
(2, 3)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.walk import adjoints, tangents
from chainrule.errors import DataProblem, GradientWarning, ShapeError
from chainrule.functions.lints import warn_of_missing_path
from chainrule.functions.staging import Staged, Wrt, kept, parameter_names, place_of, positions_of
from chainrule.graph.callers import warn_user
from chainrule.graph.node import Node, fresh
from chainrule.ops.broadcasting import cast
from chainrule.ops.contract import show_shape
from chainrule.ops.making import zeros
from chainrule.ops.naming import Same
from chainrule.trace.array import Traced, unwrapped
from chainrule.trace.recorder import active_recorder
from chainrule.trace.table import as_node
from chainrule.trace.tracer import output_nodes
from chainrule.trace.trees import LEAF, Structure, flatten, labels, leaves_of, unflatten

__all__ = ["Point", "grad", "gradients", "hvp", "number_of", "seeded", "traced", "value_and_grad"]


class Point:
    """Where a function is differentiated: its arguments, those in `wrt` as variables of their own.

    The variables equal the arguments, but nothing below them counts: the function may use the same
    arrays in another way as well (it may close over them), and those are held.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Sequence[Any],
        settings: Mapping[str, Any],
        wrt: Sequence[int | str],
    ) -> None:
        self.function = function
        self.arguments = list(arguments)
        self.settings = dict(settings)
        self._leaves: list[list[Node | None]] = []
        self._structures: list[Structure] = []
        self._wrt = tuple([place_of(function, where, arguments, settings) for where in wrt])
        for where in self._wrt:
            space: Any = self.settings if isinstance(where, str) else self.arguments
            space[where] = self._opened(space[where])
            if not any(node is not None for node in self._leaves[-1]):
                raise DataProblem(f"wrt={where!r}: that argument holds no real numbers")

    def _opened(self, argument: Any) -> Any:
        leaves, structure = flatten(argument)
        nodes = [
            fresh(Same(), as_node(unwrapped(leaf)))
            if _is_real(leaf) or (structure is LEAF and _is_whole(leaf))
            else None
            for leaf in leaves
        ]
        for leaf, node in zip(leaves, nodes, strict=True):
            if node is None and isinstance(leaf, Traced) and leaf.dtype.kind in "iu":
                warn_user(
                    f"an array of {leaf.dtype} among those to differentiate by gets no gradient; "
                    "make it real numbers if it should have one",
                    GradientWarning,
                )
        self._leaves.append(nodes)
        self._structures.append(structure)
        made = [
            leaf if node is None else traced(node) for leaf, node in zip(leaves, nodes, strict=True)
        ]
        return unflatten(structure, made)

    @property
    def variables(self) -> list[Node]:
        """All variables, in order."""
        return [node for nodes in self._leaves for node in nodes if node is not None]

    def paired(self, vectors: Sequence[Any]) -> Iterator[tuple[Node, Any]]:
        """Each variable, and what is in its place in containers like those of the arguments.

        Raises:
            ShapeError: the containers differ.
        """
        for structure, nodes, vector in zip(self._structures, self._leaves, vectors, strict=True):
            leaves = leaves_of(structure, vector)
            if leaves is None:
                raise ShapeError("a tangent has the same containers as its argument")
            for node, leaf in zip(nodes, leaves, strict=True):
                if node is not None:
                    yield node, leaf

    def names_of(self, nodes: Sequence[Node]) -> list[str]:
        """What the function calls the arguments that these variables stand for."""
        names = parameter_names(self.function, len(self.arguments))
        found = []
        for where, structure, leaves in zip(self._wrt, self._structures, self._leaves, strict=True):
            name = where if isinstance(where, str) else names[where]
            pairs = zip(labels(structure, name), leaves, strict=True)
            found += [label for label, node in pairs if node in nodes]
        return found

    def call(self) -> Any:
        """The function here."""
        return self.function(*self.arguments, **self.settings)

    def packed(self, found: Mapping[Node, Any]) -> Any:
        """What was found for each variable, in the containers of the arguments; None for settings.

        One argument's alone; a tuple for several.
        """
        parts = [
            unflatten(structure, [None if node is None else found[node] for node in nodes])
            for structure, nodes in zip(self._structures, self._leaves, strict=True)
        ]
        return parts[0] if len(parts) == 1 else tuple(parts)


def traced(node: Node) -> Traced:
    """The node as a traced array of the tracing that goes on."""
    recorder = active_recorder()
    assert recorder is not None, "derivatives are built while a function is traced"
    return Traced(node, recorder)


def _is_real(leaf: Any) -> bool:
    return isinstance(leaf, float) or getattr(getattr(leaf, "dtype", None), "kind", "") == "f"


def _is_whole(leaf: Any) -> bool:
    """A whole number that stands alone: as an argument to differentiate by it is a real one."""
    return isinstance(leaf, int | np.integer) and not isinstance(leaf, bool)


def number_of(found: Any, name: str) -> Node:
    """The node of a function's result, which has to be one number.

    Raises:
        DataProblem: it is something else.
    """
    nodes, structure = output_nodes(found)
    if structure is not LEAF:
        raise DataProblem(f"{name} needs a function that returns one number, not a {_kind(found)}")
    if nodes[0].shape:
        raise ShapeError(
            f"{name} needs a function that returns one number, and this one returns "
            f"{show_shape(nodes[0].shape)}: sum it, or take cr.jacobian"
        )
    if nodes[0].dtype.kind != "f":
        raise DataProblem(f"{name} needs a real number, and this one is of type {nodes[0].dtype}")
    return nodes[0]


def _kind(found: Any) -> str:
    return type(found).__name__


def gradients(output: Node, point: Point) -> dict[Node, Traced]:
    """∂output/∂variable for each variable; zeros, and a warning, where there is no path."""
    found = adjoints(output, point.variables)
    missing = {node: zeros(node.shape, node.dtype) for node in point.variables if node not in found}
    if missing and not isinstance(point.function, Staged):  # a derivative may well be constant
        warn_of_missing_path(point.names_of(list(missing)), point.function)
    return {node: traced((found | missing)[node]) for node in point.variables}


@kept
def grad(function: Callable[..., Any], wrt: Wrt = 0) -> Staged:
    """The gradient of a function that returns one number, by its argument `wrt`.

    Args:
        function: in plain NumPy.  It is traced once for each signature (shapes, types, settings).
        wrt: the argument to differentiate by: a position, a name, or several of them.

    Returns:
        A function of the same arguments.  The gradient has the argument's shape; that of a dict,
        list, tuple or dataclass is one, too.  For several arguments it is a tuple.

    Raises (when called):
        DataProblem: the function does what cannot be traced.
        ShapeError: arrays in it do not fit together, or it returns more than one number.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> def loss(w, x):
    ...     return np.sum((x @ w - 1.0) ** 2)
    >>> cr.grad(loss)(np.array([1.0, 2.0]), np.eye(2)).tolist()
    [0.0, 2.0]
    >>> cr.grad(cr.grad(lambda t: t**3))(2.0)
    np.float64(12.0)
    """
    positions = positions_of(function, wrt)

    def call(function: Any, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        point = Point(function, arguments, settings, positions)
        output = number_of(point.call(), "grad")
        return point.packed(gradients(output, point))

    return Staged(function, call, frozenset(positions), "grad")


@kept
def value_and_grad(function: Callable[..., Any], wrt: Wrt = 0) -> Staged:
    """The value of a function together with its gradient; see `grad`.

    >>> import chainrule as cr
    >>> cr.value_and_grad(lambda t: t**2)(3.0)
    (np.float64(9.0), np.float64(6.0))
    """
    positions = positions_of(function, wrt)

    def call(function: Any, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        point = Point(function, arguments, settings, positions)
        output = number_of(point.call(), "value_and_grad")
        return traced(output), point.packed(gradients(output, point))

    return Staged(function, call, frozenset(positions), "value_and_grad")


@kept
def hvp(function: Callable[..., Any], wrt: int | str = 0) -> Staged:
    """The Hessian of a function that returns one number, times a vector, without the Hessian.

    Returns:
        A function of the arguments and, behind them, the vector, of the shape of argument `wrt`.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 1.0])).tolist()
    [6.0, 12.0]
    """
    positions = positions_of(function, wrt)

    def call(function: Any, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        *arguments, vector = arguments
        point = Point(function, arguments, settings, positions)
        slopes = gradients(number_of(point.call(), "hvp"), point)
        seeds = seeded(point, [vector])
        nodes = {node: slope.node for node, slope in slopes.items()}
        moved = tangents(nodes.values(), seeds)
        return point.packed(
            {
                node: traced(moved.get(slope, zeros(node.shape, node.dtype)))
                for node, slope in nodes.items()
            }
        )

    return Staged(function, call, frozenset(positions), "hvp")


def seeded(point: Point, vectors: Sequence[Any]) -> dict[Node, Node]:
    """The tangent of each variable; `vectors` has one for each argument differentiated by.

    Raises:
        ShapeError: a tangent has another shape than its variable, or other containers.
    """
    found = {}
    for variable, tangent in point.paired(vectors):
        node = as_node(unwrapped(tangent))
        if variable.shape != node.shape:
            raise ShapeError(
                f"a tangent has the shape of its argument, {show_shape(variable.shape)}, "
                f"not {show_shape(node.shape)}"
            )
        found[variable] = cast(node, variable.dtype)
    return found
