"""What a traced function sees in place of its arrays.

A `Traced` knows its shape and type, not its numbers.  NumPy hands every call that meets one to
`__array_ufunc__` or `__array_function__`, which look up in `trace.table` what it builds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule.errors import ChainruleError, DataProblem, ShapeError
from chainrule.graph.node import Node, Shape, fresh
from chainrule.ops.broadcasting import cast
from chainrule.ops.transposition import permute
from chainrule.trace import advice
from chainrule.trace.recorder import Place, Recorder, active_recorder, described
from chainrule.trace.table import adapter_of, method_of

__all__ = ["Traced", "build", "unwrapped", "wrapped"]


class Traced(NDArrayOperatorsMixin):
    """An array whose numbers are not known while the function is traced.

    It has NumPy's operators, methods and attributes.  What needs the numbers themselves (`if x`,
    `float(x)`, `x[0] = 1`, `np.array([x])`) raises a `DataProblem` that says what to write instead.
    """

    __slots__ = ("__weakref__", "node", "recorder")

    node: Node
    recorder: Recorder

    def __init__(self, node: Node, recorder: Recorder) -> None:
        self.node = node
        self.recorder = recorder

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        out = settings.pop("out", None)
        if out is not None and not (  # numbers are immutable
            type(out[0]) is Traced and out[0].ndim == 0 and out[0] is inputs[0]
        ):
            self._refuse(advice.in_place("x += … and out=…", "x = x + …"))
        adapter = adapter_of(ufunc) if method == "__call__" else method_of(ufunc, method)
        return build(ufunc, adapter, inputs, settings)

    def __array_function__(
        self, function: Any, types: Any, inputs: tuple[Any, ...], settings: dict[str, Any]
    ) -> Any:
        return build(function, adapter_of(function), inputs, settings)

    def __getattr__(self, name: str) -> Any:
        function = METHODS.get(name)
        if function is None:
            raise AttributeError(_no_attribute(name))
        adapter = adapter_of(function)

        def method(*inputs: Any, **settings: Any) -> Any:
            return build(function, adapter, (self, *inputs), settings)

        return method

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance(x, np.ndarray)` asks; plain NumPy functions do."""
        return np.ndarray

    @property
    def shape(self) -> Shape:
        """The lengths of the axes, plain numbers."""
        return self.node.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the entries."""
        return self.node.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.node.ndim

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.node.size

    @property
    def T(self) -> Traced:  # noqa: N802 (NumPy's name)
        """The axes in reverse order."""
        return _built(self, lambda node: permute(node, tuple(reversed(range(node.ndim)))))

    @property
    def mT(self) -> Traced:  # noqa: N802 (NumPy's name)
        """The last two axes exchanged."""
        if self.ndim < 2:
            raise ShapeError(f"mT needs a matrix, and this has {self.ndim} axes")
        return _built(
            self, lambda node: permute(node, (*range(node.ndim - 2), node.ndim - 1, node.ndim - 2))
        )

    @property
    def real(self) -> Traced:
        """The array itself."""
        return self

    def reshape(self, *shape: Any, **settings: Any) -> Any:
        """The same entries, row by row, in another shape."""
        wanted = shape[0] if len(shape) == 1 else shape
        return build(np.reshape, adapter_of(np.reshape), (self, wanted), settings)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order; reversed by default."""
        wanted = axes[0] if len(axes) == 1 else axes or None
        return build(np.transpose, adapter_of(np.transpose), (self, wanted), {})

    def astype(self, dtype: Any, **settings: Any) -> Traced:
        """The numbers in another type."""
        return _built(self, lambda node: cast(node, np.dtype(dtype)))

    def flatten(self) -> Any:
        """All entries, row by row."""
        return build(np.ravel, adapter_of(np.ravel), (self,), {})

    def __getitem__(self, index: Any) -> Any:
        from chainrule.trace.shaping import index as taken

        return build("x[…]", taken, (self, index), {})

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("an array without axes is not iterated")
        return (self[at] for at in range(self.shape[0]))

    def __copy__(self) -> Traced:
        return self

    def __deepcopy__(self, memo: Any) -> Traced:
        return self

    def __round__(self, digits: int = 0) -> Any:
        return build(np.round, adapter_of(np.round), (self, digits), {})

    def __format__(self, form: str) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"<traced {self.dtype.name}{list(self.shape)}>"

    def __hash__(self) -> int:
        return id(self)

    # --- what needs the numbers

    def __bool__(self) -> bool:
        self._refuse(advice.TRUTH)

    def __float__(self) -> float:
        self._refuse(advice.NUMBER)

    def __int__(self) -> int:
        self._refuse(advice.NUMBER)

    def __complex__(self) -> complex:
        self._refuse(advice.NUMBER)

    def __index__(self) -> int:
        self._refuse(advice.INDEX)

    def __array__(self, *settings: Any, **named: Any) -> Any:
        self._refuse(advice.ARRAY)

    def item(self, *index: int) -> NoReturn:
        """Refused: there is no number yet."""
        self._refuse(advice.NUMBER)

    def tolist(self) -> NoReturn:
        """Refused: there are no numbers yet."""
        self._refuse(advice.NUMBER)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._refuse(advice.in_place("x[…] = …", "x = cr.numpy.set(x, index, value)"))

    def _refuse(self, message: str) -> NoReturn:
        place = self.recorder.step() if self.recorder.is_open else None
        problem = DataProblem(message if self.recorder.is_open else advice.CLOSED)
        raise problem if place is None else place.pin(problem)


# Methods that are NumPy functions of the same signature, the array first.
NAMES = (
    "all any argmax argmin argsort clip conj conjugate copy cumprod cumsum diagonal dot max "
    "mean min nonzero prod ravel repeat round squeeze std sum swapaxes take trace var"
)
METHODS: Mapping[str, Callable[..., Any]] = {name: getattr(np, name) for name in NAMES.split()}
CHANGING = ("fill", "itemset", "partition", "put", "resize", "setfield", "setflags", "sort")


def _no_attribute(name: str) -> str:
    if name in CHANGING:
        instead = "np.sort(x)" if name == "sort" else "x = … (cr.numpy.set, np.where, np.full_like)"
        return advice.in_place(f"x.{name}(…)", instead)
    return f"a traced array has no attribute {name!r}"


def build(
    function: Any, adapter: Callable[..., Any] | None, inputs: Any, settings: Mapping[str, Any]
) -> Any:
    """What a function makes of traced arrays; every problem names the user's line and arrays.

    Raises:
        DataProblem: the function cannot be traced, or an array belongs to a call that is over.
    """
    recorder = active_recorder()
    if recorder is None:
        raise DataProblem(advice.CLOSED)
    place = recorder.step()
    for value in _flat((inputs, tuple(settings.values()))):
        if issubclass(type(value), np.ndarray):
            recorder.meet(value)
    try:
        if adapter is None:
            raise DataProblem(advice.untraced(function))
        return wrapped(adapter(*unwrapped(inputs), **unwrapped(settings)), recorder, place)
    except ChainruleError as problem:
        named = _with_shapes(problem, recorder, inputs)
        raise named if place is None else place.pin(named) from None


def unwrapped(value: Any) -> Any:
    """The value with a node in the place of each traced array, also within lists and dicts.

    Raises:
        DataProblem: an array belongs to a call that is over.
    """
    if type(value) is Traced:
        if not value.recorder.is_open or value.recorder is not active_recorder():
            raise DataProblem(advice.CLOSED)
        return value.node
    if isinstance(value, list | tuple):
        return type(value)(map(unwrapped, value)) if type(value) in (list, tuple) else value
    if isinstance(value, dict):
        return {key: unwrapped(part) for key, part in value.items()}
    return value


def wrapped(found: Any, recorder: Recorder, place: Place | None) -> Any:
    """The result with a traced array in the place of each node: a quantity of its own."""
    if isinstance(found, Node):
        node = found if found.distinct else fresh(found.operation, *found.inputs)
        if place is not None:
            recorder.places.setdefault(node, place)
        return Traced(node, recorder)
    if isinstance(found, list | tuple):
        parts = [wrapped(part, recorder, place) for part in found]
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
    return found


def _built(array: Traced, make: Callable[[Node], Node]) -> Traced:
    found: Traced = build("x", make, (array,), {})
    return found


def _with_shapes(problem: ChainruleError, recorder: Recorder, inputs: Any) -> ChainruleError:
    """The problem, after the names and shapes of the arrays that met."""
    if not isinstance(problem, ShapeError):
        return problem
    arrays = {id(value): value for value in _flat(inputs) if isinstance(value, Traced | np.ndarray)}
    names = recorder.local_names(arrays)
    found = {names[at]: tuple(array.shape) for at, array in arrays.items() if at in names}
    return ShapeError(f"{described(found)}: {problem.message}") if found else problem


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield value
