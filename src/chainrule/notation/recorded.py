"""An operation's own line as NumPy source: `evaluate`, run once on pieces of text.

`evaluate(k, x)` is written for any array namespace `k`.  Given one that writes down what it is
asked for, the same line yields its source, so that an operation needs no second definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Array, Node
from chainrule.graph.sizes import Size
from chainrule.notation import numpy_helpers
from chainrule.notation.precedence import LEVELS, places

__all__ = ["Loop", "Piece", "argument_text", "recorded", "steps_of"]

FREE = 0  # a place where anything may stand


class Piece:
    """One value on the way: how it is written over other pieces, and an example of it."""

    __array_ufunc__ = None  # NumPy's arrays leave the operators to us
    __hash__ = object.__hash__

    def __init__(
        self,
        template: str,
        operands: Sequence[Any],
        loosest: Sequence[int],
        level: int,
        sample: Any,
    ) -> None:
        self.template = template
        self.operands = tuple(operands)
        self.loosest = tuple(loosest)
        self.level = level
        self.sample = sample

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.sample)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.size(self.sample))

    @property
    def dtype(self) -> Any:
        return np.asarray(self.sample).dtype

    @property
    def T(self) -> Piece:  # noqa: N802
        return Piece("{0}.T", [self], [LEVELS["postfix"]], LEVELS["postfix"], self.sample.T)

    def __len__(self) -> int:
        return len(self.sample)

    def __iter__(self) -> Any:
        return iter([self[at] for at in range(len(self))])

    def __bool__(self) -> bool:
        raise TypeError("it decides by the numbers themselves")

    def __getitem__(self, index: Any) -> Piece:
        parts = index if isinstance(index, tuple) else (index,)
        wanted = tuple([part.sample if isinstance(part, Piece) else part for part in parts])
        sample = self.sample[wanted if isinstance(index, tuple) else wanted[0]]
        holes = ", ".join(f"{{{at}}}" for at in range(1, len(parts) + 1))
        texts = [part if isinstance(part, Piece) else Raw(index_text(part)) for part in parts]
        level = LEVELS["postfix"]
        return Piece(
            f"{{0}}[{holes}]", [self, *texts], [level, *[FREE] * len(parts)], level, sample
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not callable(getattr(self.sample, name)):
            raise AttributeError(name)

        def method(*arguments: Any, **settings: Any) -> Piece:
            found = getattr(self.sample, name)(*map(_sample, arguments), **settings)
            owner = "{0}" if self.shape else "np.asarray({0})"  # a number has no methods
            return _call(f"{owner}.{name}", [self], arguments, settings, found)

        return method


class Raw(str):
    """Text that stands as it is."""


class Loop(Piece):
    """All the carries of a loop: `body` is the next one, over `carry` and `parts`."""

    def __init__(
        self, body: Piece, carry: Piece, parts: Sequence[Piece], given: Sequence[Any], back: bool
    ) -> None:
        init, xs, length = given[0], given[1:-1], given[-1]
        super().__init__("", [init, *xs], [FREE] * (1 + len(xs)), LEVELS["call"], None)
        self.body, self.carry, self.parts, self.length, self.back = body, carry, parts, length, back
        self.sample = np.stack([init.sample] * length)


def _binary(symbol: str, precedence: str) -> tuple[Callable[..., Piece], Callable[..., Piece]]:
    def combined(a: Any, b: Any) -> Piece:
        values = _sample(a), _sample(b)
        with np.errstate(all="ignore"):
            sample = BINARY[symbol](*values)
        template = "{0}**{1}" if symbol == "**" else f"{{0}} {symbol} {{1}}"
        loosest = [LEVELS["postfix"]] * 2 if precedence == "bits" else places(precedence, 2)
        level = LEVELS["comparison"] if precedence == "bits" else LEVELS[precedence]
        return Piece(template, [a, b], loosest, level, sample)

    return combined, lambda a, b: combined(b, a)


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "@": lambda a, b: a @ b,
    "**": lambda a, b: a**b,
    "%": lambda a, b: a % b,
    "//": lambda a, b: a // b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
METHODS = {
    "sum": {"+": "add", "-": "sub"},
    "product": {"*": "mul", "/": "truediv", "@": "matmul", "%": "mod", "//": "floordiv"},
    "power": {"**": "pow"},
    "bits": {"&": "and", "|": "or", "^": "xor", "<<": "lshift", ">>": "rshift"},
    "comparison": {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "==": "eq", "!=": "ne"},
}
for _precedence, _named in METHODS.items():
    for _symbol, _name in _named.items():
        _plain, _turned = _binary(_symbol, _precedence)
        setattr(Piece, f"__{_name}__", _plain)
        setattr(Piece, f"__r{_name}__", _turned)


def _prefix(symbol: str, sample_of: Callable[[Any], Any]) -> Callable[[Piece], Piece]:
    def applied(x: Piece) -> Piece:
        return Piece(
            f"{symbol}{{0}}", [x], [LEVELS["sign"] + 1], LEVELS["sign"], sample_of(x.sample)
        )

    return applied


setattr(Piece, "__neg__", _prefix("-", lambda x: -x))  # noqa: B010
setattr(Piece, "__invert__", _prefix("~", lambda x: ~x))  # noqa: B010


class Namespace:
    """An array namespace that writes down what it is asked for, under NumPy's names."""

    def __init__(self, prefix: str = "np", functions: Any = np) -> None:
        self._prefix, self._functions = prefix, functions

    def __getattr__(self, name: str) -> Any:
        if name in OTHERWISE and self._functions is np:
            return OTHERWISE[name]
        helper = name in numpy_helpers.__all__ and self._functions is np
        function = getattr(numpy_helpers if helper else self._functions, name)
        if not callable(function) or isinstance(function, type):
            is_space = type(function) is type(np)
            return Namespace(f"{self._prefix}.{name}", function) if is_space else function

        def call(*arguments: Any, **settings: Any) -> Any:
            with np.errstate(all="ignore"):
                found = function(*map(_sample, arguments), **settings)
            made = isinstance(found, np.ndarray | np.generic | tuple)
            if not made:
                return found  # what is known of a type, for one
            return _call(
                name if helper else f"{self._prefix}.{name}", [], arguments, settings, found
            )

        return call


def _scan(step: Any, init: Any, xs: Sequence[Any], length: int, backwards: bool) -> Loop:
    carry = Piece("", [], [], LEVELS["call"], init.sample)
    parts = [Piece("", [], [], LEVELS["call"], x.sample[0]) for x in xs]
    return Loop(step(carry, parts), carry, parts, (init, *xs, length), backwards)


_np = Namespace()
OTHERWISE: dict[str, Any] = {
    "wrapped": lambda positions, length: positions % length,
    "solve": lambda a, b: _np.linalg.solve(a, b),
    "inverse": lambda a: _np.linalg.inv(a),
    "cholesky": lambda a: _np.linalg.cholesky(a),
    "svd": lambda a: _np.linalg.svd(a, full_matrices=False),
    "eigh": lambda a, uplo: _np.linalg.eigh(a, UPLO=uplo),
    "eigvalsh": lambda a, uplo: _np.linalg.eigvalsh(a, UPLO=uplo),
    "divide": lambda a, b: a / b,
    "scan": _scan,
}


def _call(
    name: str, first: list[Any], arguments: Iterable[Any], settings: dict[str, Any], sample: Any
) -> Piece:
    operands = [*first, *arguments, *settings.values()]
    holes = [f"{{{at}}}" for at in range(len(first), len(operands))]
    named = [f"{key}={hole}" for key, hole in zip(settings, holes[-len(settings) :], strict=False)]
    inside = ", ".join([*holes[: len(holes) - len(settings)], *named])
    loosest = [LEVELS["postfix"]] * len(first) + [FREE] * (len(operands) - len(first))
    return Piece(f"{name}({inside})", operands, loosest, LEVELS["call"], sample)


def _sample(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_sample, value))
    return value.sample if isinstance(value, Piece) else value


def recorded(node: Node) -> tuple[list[Piece], Piece]:
    """The pieces that stand for a node's inputs, and the result's.

    Raises:
        DataProblem: the operation decides by numbers, or does what has no source.
    """
    inputs = [Piece("", [], [], LEVELS["call"], _example(lower)) for lower in node.inputs]
    try:
        result = node.operation.evaluate(_np, *inputs)
    except (TypeError, AttributeError, ValueError, NotImplementedError) as problem:
        raise DataProblem(f"{node.operation.name} cannot be written in NumPy: {problem}") from None
    if not isinstance(result, Piece):
        raise DataProblem(f"{node.operation.name} cannot be written in NumPy")
    return inputs, result


def _example(node: Node) -> Array:
    """Numbers that every operation takes: small positive ones, of matrices definite ones."""
    if node.dtype.kind == "b":
        return np.ones(node.shape, bool)
    if node.dtype.kind in "iu":
        return np.zeros(node.shape, node.dtype)
    numbers = np.linspace(0.2, 0.8, node.size).reshape(node.shape).astype(node.dtype)
    if node.ndim > 1 and node.shape[-1] == node.shape[-2]:
        numbers = numbers + np.swapaxes(numbers, -1, -2)
        numbers = numbers + 2 * node.shape[-1] * np.eye(node.shape[-1], dtype=node.dtype)
    return numbers


def steps_of(result: Piece) -> list[Piece]:
    """The pieces that a result is made of, operands first, each once; inputs are none."""
    order: dict[Piece, None] = {}
    stack: list[tuple[Any, bool]] = [(result, False)]
    while stack:
        piece, done = stack.pop()
        if isinstance(piece, list | tuple):
            stack += [(part, False) for part in reversed(piece)]
        elif isinstance(piece, Piece) and piece.template and piece not in order:
            if done:
                order[piece] = None
            else:
                stack.append((piece, True))
                stack += [(lower, False) for lower in reversed(piece.operands)]
    return list(order)


def argument_text(value: Any) -> str:
    """A setting as it is written in Python."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bool | np.bool_ | str | None):
        return repr(value) if not isinstance(value, str) else f'"{value}"'
    if isinstance(value, Size):
        return value.written(" * ")
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return number_text(float(value))
    if isinstance(value, np.dtype | type):
        return f"np.{np.dtype(value).name}"
    if isinstance(value, tuple) and any(isinstance(part, slice) for part in value):
        return f"np.s_[{', '.join(map(index_text, value))}]"
    if isinstance(value, tuple):
        inside = ", ".join(map(argument_text, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, list):
        return f"[{', '.join(map(argument_text, value))}]"
    if isinstance(value, np.ndarray):
        return f"np.array({_nested(value)})"
    raise TypeError(f"{type(value).__name__} has no source")


def number_text(value: float) -> str:
    """A number as Python reads it.

    >>> number_text(2.0), number_text(0.1), number_text(float("-inf"))
    ('2', '0.1', '-np.inf')
    """
    if value != value:
        return "np.nan"
    if value in (np.inf, -np.inf):
        return "np.inf" if value > 0 else "-np.inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _nested(value: Array) -> str:
    return argument_text(value.item() if value.ndim == 0 else [Raw(_nested(v)) for v in value])


def index_text(part: Any) -> str:
    """One entry of an index.

    >>> index_text(slice(None, None, -2)), index_text(...), index_text(3)
    ('::-2', '...', '3')
    """
    if part is Ellipsis:
        return "..."
    if not isinstance(part, slice):
        return argument_text(part)
    start, stop, step = ["" if at is None else str(at) for at in (part.start, part.stop, part.step)]
    if " " in start + stop:  # x[: n - 1]
        start, stop = f"{start} " if start else "", f" {stop}" if stop else ""
    return f"{start}:{stop}" if step in ("", "1") else f"{start}:{stop}:{step}"
