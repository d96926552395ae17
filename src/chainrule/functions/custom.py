"""An operation of the user's own: a function of arrays, and its local Jacobians.

The Jacobians are compared with differences the first time numbers come by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, DataProblem, ShapeError
from chainrule.functions.looking import values_at
from chainrule.graph.node import FLOAT, Array, Kernels, Node, Shape, variable
from chainrule.jacobians.kinds import Dense, Diagonal, LinearMap, Zero
from chainrule.ops.broadcasting import as_numbers, broadcast
from chainrule.ops.contract import Operation, show_shape
from chainrule.trace.array import Traced, build, unwrapped
from chainrule.trace.recorder import Recorder, active_recorder, recording
from chainrule.trace.table import as_node, as_nodes
from chainrule.trace.tracer import Trace

__all__ = ["check_used", "custom"]

_checking: ContextVar[bool] = ContextVar("chainrule_checking", default=False)


def custom(
    function: Callable[..., Any],
    jacobians: Callable[..., Any] | Sequence[Callable[..., Any] | None],
) -> Callable[..., Any]:
    """An operation of one's own, from its value and its local Jacobians.

    Args:
        function: of one or several arrays; it is run as it is, so it may call SciPy or anything
            else that takes arrays.
        jacobians: for each argument a function `(y, *arguments)`, in plain NumPy, of the result and
            the arguments; None for an argument that the result does not move with.  It returns
            the slopes of each entry, an array of the shape of `y`, where `function` acts entry by
            entry; else all entries, an array of the shape of `y` followed by the argument's.

    Returns:
        A function that is `function` on numbers, and one operation where it is traced.

    Raises (when it first meets numbers in a derivative):
        DataProblem: a Jacobian differs from what differences say, with the likely mistake.

    >>> import chainrule as cr
    >>> cube = cr.custom(lambda x: x * x * x, jacobians=lambda y, x: 3 * x**2)
    >>> cr.grad(cube)(2.0)
    np.float64(12.0)
    """
    slopes = tuple(jacobians) if isinstance(jacobians, Sequence) else (jacobians,)
    return CustomFunction(UsersFunction(function, slopes))


class CustomFunction:
    """What `custom` returns."""

    def __init__(self, users: UsersFunction) -> None:
        self._users = users
        self._operation = Custom(users)
        self.__name__ = users.name
        self.__doc__ = users.function.__doc__
        self.__wrapped__ = users.function

    def __repr__(self) -> str:
        return f"<custom {self.__name__}>"

    def __call__(self, *inputs: Any) -> Any:
        users = self._users
        if len(inputs) != len(users.slopes):
            raise DataProblem(
                f"{users.name} has {len(users.slopes)} Jacobians and was given {len(inputs)} "
                "arguments: one is needed for each"
            )
        if not any(isinstance(one, Traced) for one in inputs):
            return users.function(*inputs)
        return build(users.name, self._built, inputs, {})

    def _built(self, *inputs: Any) -> Node:
        return self._operation(*as_numbers(tuple(as_nodes(inputs))))

    @property
    def functions(self) -> tuple[Callable[..., Any] | None, ...]:
        """What is traced, and may read arrays: the Jacobians, but not the function itself."""
        return self._users.slopes

    def with_functions(self, functions: tuple[Callable[..., Any] | None, ...]) -> CustomFunction:
        """The same of copies of the Jacobians, in which captured arrays are replaced."""
        return CustomFunction(self._users.with_slopes(functions))


class UsersFunction:
    """The function and its Jacobians, and whether they have been checked."""

    def __init__(
        self, function: Callable[..., Any], slopes: tuple[Callable[..., Any] | None, ...]
    ) -> None:
        self.function = function
        self.slopes = self._declared = slopes
        self.name = getattr(function, "__name__", "custom").replace("<lambda>", "custom")
        self._checks = [False]  # shared by all copies
        self._shapes: dict[tuple[Shape, ...], Shape] = {}

    def with_slopes(self, slopes: tuple[Callable[..., Any] | None, ...]) -> UsersFunction:
        """The same function, checked or not, with other Jacobians."""
        made = UsersFunction(self.function, slopes)
        made._declared, made._checks, made._shapes = self._declared, self._checks, self._shapes
        return made

    def result_shape(self, shapes: tuple[Shape, ...]) -> Shape:
        """The shape of the result, found by trying the function once for these shapes.

        Raises:
            ShapeError: the function raised something.
        """
        if shapes not in self._shapes:
            try:
                tried = self.function(*[np.full(shape, 0.5) for shape in shapes])
            except Exception as problem:
                found = ", ".join(map(show_shape, shapes))
                raise ShapeError(
                    f"{self.name} was tried on arrays of 0.5, of the shapes {found}, to see the "
                    f"shape of its result, and raised {type(problem).__name__}: {problem}"
                ) from None
            self._shapes[shapes] = np.shape(tried)
        return self._shapes[shapes]

    def __repr__(self) -> str:
        return self.name

    def check(self, values: Sequence[Array]) -> None:
        """Compare each Jacobian with differences, until all have been found right once.

        Raises:
            DataProblem: one of them is off.
        """
        if self.is_checked or _checking.get() or not all(value.size for value in values):
            return
        from chainrule.functions.checking import check_jacobian

        token = _checking.set(True)
        try:
            inputs = [variable(value.shape, value.dtype) for value in values]
            node = Custom(UsersFunction(self.function, self._declared))(*inputs)
            for position in range(len(inputs)):
                check_jacobian(self.function, self.name, node, position, list(values))
        finally:
            _checking.reset(token)
        self._checks[0] = True

    @property
    def is_checked(self) -> bool:
        """Whether the Jacobians have been found right."""
        return self._checks[0]


class Custom(Operation):
    """A user's own operation; its value is whatever the function returns."""

    name = "custom"
    derivatives = ("as declared",)
    sentence = "Its derivative is declared with it, and was checked against differences."
    users: UsersFunction

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        return [("function", self.users.name)]

    def shape(self, *shapes: Shape) -> Shape:
        return self.users.result_shape(shapes)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        self.users.check([np.asarray(value) for value in values])
        found = self.users.function(*values)
        return k.asarray(found, dtype=np.result_type(FLOAT if not values else values[0].dtype))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return tuple(self._map(slope, at, y, inputs) for at, slope in enumerate(self.users.slopes))

    def _map(
        self, slope: Callable[..., Any] | None, at: int, y: Node, inputs: tuple[Node, ...]
    ) -> LinearMap:
        x = inputs[at]
        if slope is None:
            return Zero(y.shape, x.shape)
        try:
            entries = _traced_result(slope, (y, *inputs))
        except ChainruleError:  # it calls what cannot be traced
            entries = OpaqueSlope(slope, self.users.name)(y, *inputs)
        if entries.shape == y.shape + x.shape:
            return Dense(entries, y.shape, x.shape)
        if entries.shape == () and y.shape == x.shape:
            entries = broadcast(entries, to=y.shape)
        if entries.shape == y.shape == x.shape:
            return Diagonal(entries)
        wanted = [show_shape(y.shape + x.shape)]
        wanted += [f"{show_shape(y.shape)} (entry by entry)"] if y.shape == x.shape else []
        raise ShapeError(
            f"the Jacobian of {self.users.name} by argument {at} is {show_shape(entries.shape)}; "
            f"{' or '.join(wanted)} is expected"
        )


class OpaqueSlope(Operation):
    """The slopes of a user's operation, from a function that is run as it is: SciPy's, say."""

    name = "slope"
    sentence = "It was declared as a function of numbers, and has no derivative of its own."
    function: Callable[..., Any]
    of: str

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        return [("of", self.of)]

    def shape(self, *shapes: Shape) -> Shape:
        return UsersFunction(self.function, ()).result_shape(shapes)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        numbers = [np.asarray(value)[()] for value in values]  # arrays of NumPy, whatever runs it
        return k.asarray(self.function(*numbers), dtype=values[0].dtype)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        raise DataProblem(
            f"the Jacobian of {self.of} calls what cannot be traced, so that it has no derivative: "
            "declare it by cr.custom, too"
        )


def check_used(traced: Trace, values: Sequence[Array]) -> None:
    """Check the operations that a traced function uses, at the numbers they are used on.

    Raises:
        DataProblem: a Jacobian is off.
    """
    used = [
        node
        for node in traced.places
        if isinstance(node.operation, Custom) and not node.operation.users.is_checked
    ]
    if not used:
        return
    known = values_at(traced, values, list(dict.fromkeys(x for node in used for x in node.inputs)))
    for node in used:
        assert isinstance(node.operation, Custom)
        if known.keys() >= set(node.inputs):
            node.operation.users.check([known[x] for x in node.inputs])


def _traced_result(slope: Callable[..., Any], nodes: Sequence[Node]) -> Node:
    """What a function of arrays makes of nodes."""
    recorder = active_recorder() or Recorder()
    with recording(recorder):
        return as_node(unwrapped(slope(*[Traced(node, recorder) for node in nodes])))
