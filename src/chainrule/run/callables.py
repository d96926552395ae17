"""Any Python function as a smooth map that differences can be taken of.

Before anything is believed of a function it is called twice at the same place, on copies of its
inputs; then it is found out in which precision it computes and how noisy it is.

Source: J. J. Moré, S. M. Wild, Estimating Computational Noise, SIAM J. Sci. Comput. 33, 2011.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Array
from chainrule.run.tensors import array_of, cast, is_tensor, like

__all__ = ["Outputs", "epsilon"]

SAME = 1e-3  # precisions whose values lie further apart than that are not computing the same
ROUNDINGS = 1000  # two calls at the same place may differ by so many: threads add up anyhow
VARIANCE = 70  # of a fourth difference, in units of that of the values
SINGLE = float(np.finfo(np.float32).eps)
# Spacings at which noise is sought, relative to the inputs.
SPACINGS = (2.0**-40, 2.0**-32, 2.0**-24, 2.0**-16, 2.0**-8)


class Outputs:
    """The function's output, flat, as a function of one flat input; the others are held.

    `at` is the input and `base` the output there, in the best precision that the function takes
    (`dtype`); `epsilon` is the relative rounding of what it returns then; `scale` is the power
    of two by which each entry is measured; `failure` is what the function raised last; `notes`
    are sentences about its manners.

    Raises:
        DataProblem: x, or what f returns, is no array of finite real numbers; f fails at x;
            or it returns something else when it is called again.
    """

    def __init__(self, f: Callable[..., Any], inputs: tuple[Any, ...], argument: int) -> None:
        self.f, self.inputs, self.argument = f, inputs, argument
        self.evaluations = 0
        self.failure = ""
        self.notes: list[str] = []
        self.given = _real(array_of(inputs[argument], "x"))
        self.value = self._first()
        self.shape = self.value.shape
        self.hold("twice at the same x")
        self.dtype, self.held_dtype, found = self._precision()
        self.epsilon = max(epsilon(self.dtype), epsilon(found.dtype))
        self.precision = self.epsilon  # what seeking the noise may find to be coarser
        self.base = found.reshape(-1).astype(self.dtype)
        self.at = self.given.reshape(-1).astype(self.dtype)
        self.scale = _scales(self.given.reshape(-1).astype(np.float64))

    def __call__(self, point: Array) -> Array:
        """The output at a flat point; NaN where the function fails.

        Raises:
            ShapeError: the output has another shape than at x.
        """
        value = self._try(point.astype(self.dtype), self.held_dtype)
        if value is None or value.dtype.kind == "c":
            return np.full(self.base.shape, np.nan, self.dtype)
        if value.shape != self.shape:
            raise ShapeError(
                f"f returns an array of shape {value.shape} close to x, but {self.shape} at x"
            )
        return value.reshape(-1).astype(self.dtype)

    def imaginary(self, direction: Array) -> Array | None:
        """The imaginary part of the output at x + i·direction; None where there is none."""
        at = self.given.reshape(-1).astype(np.float64)
        value = self._try(at + 1j * direction, np.dtype(np.float64))
        if value is None or value.dtype.kind != "c" or value.shape != self.shape:
            return None
        return value.reshape(-1).imag.astype(np.float64)

    def hold(self, when: str) -> None:
        """Hold the function to the value that it returned first."""
        again = self._try(self.given.reshape(-1))
        if again is None:
            raise DataProblem(f"f was called {when} and failed: {self.failure}")
        if again.shape != self.shape:
            raise DataProblem(
                f"f was called {when} and returned shapes {self.shape} and {again.shape}"
            )
        first, second = self.value.reshape(-1), again.reshape(-1)
        allowed = ROUNDINGS * epsilon(first.dtype) * _largest(first)
        close = np.isclose(second, first, rtol=0, atol=allowed, equal_nan=True)
        if not close.all():
            at = int(np.argmin(close))
            raise DataProblem(
                f"f was called {when} and returned {first[at]:.6g} and {second[at]:.6g}: it "
                "depends on chance or on earlier calls. Fix the random numbers (a seed, no "
                "dropout) and leave nothing behind between calls"
            )

    def noise(self) -> Array:
        """How far rounding moves each output: from fourth differences of values close by.

        Where all values close by are alike, rounding may have swallowed what x changes.  It moves
        the output then by the least step that is seen further away, if that can be rounding.
        """
        large = np.abs(self.base.astype(np.float64))
        found, least = np.zeros(large.shape), np.full(large.shape, np.inf)
        flat = np.full(large.shape, True)
        single, whole = flat.copy(), flat.copy()
        for spacing in SPACINGS:
            values = self._around(spacing)
            # What is always a number of single precision was computed in it.
            single &= (values == values.astype(np.float32)).all(axis=0)
            whole &= (values == np.round(values)).all(axis=0)
            with np.errstate(all="ignore"):
                steps = np.abs(np.diff(values, axis=0)).astype(np.float64)
            moved = flat & (steps > 0).any(axis=0)
            if spacing < SPACINGS[-1]:
                found = np.where(moved, _jagged(values), found)
            if spacing > SPACINGS[0]:
                step = np.where(steps > 0, steps, np.inf).min(axis=0)
                least = np.where(moved, step, least)
            flat &= ~moved
            if not flat.any():
                break
        rounding = np.maximum(8 * SINGLE * large, 64 * epsilon(np.dtype(np.float64)))
        swallowed = np.isfinite(least) & ((single & ~whole) | (least <= rounding))
        relative = np.where(single, max(SINGLE, self.epsilon), self.epsilon)
        self.precision = float(relative.max(initial=0.0))
        usual = np.where(np.isfinite(large), relative * large, 0.0)
        noise: Array = np.maximum(usual, 2 * np.where(swallowed, np.maximum(found, least), found))
        return noise

    def _around(self, spacing: float) -> Array:
        """Values at eight points in a row, to one side of x."""
        random = np.random.default_rng(1)  # steps of no round size, whose rounding shows
        signs = random.choice([-1.0, 1.0], self.at.shape) * random.uniform(0.5, 1, self.at.shape)
        step = (spacing * self.scale * signs).astype(self.dtype)
        return np.array([self(self.at + count * step) for count in range(1, 9)])

    def _arguments(self, point: Array, held: np.dtype[Any] | None) -> list[Any]:
        """Copies of all inputs, with the point as the one that varies."""
        arguments = [cast(value, held) for value in self.inputs]
        moved = point.reshape(self.given.shape)
        arguments[self.argument] = like(moved, self.inputs[self.argument])
        return arguments

    def _run(self, arguments: list[Any]) -> Array:
        self.evaluations += 1
        with _quiet():
            return array_of(self.f(*arguments), "what f returns")

    def _try(self, point: Array, held: np.dtype[Any] | None = None) -> Array | None:
        """The output at a point; None where the function fails."""
        try:
            return self._run(self._arguments(point, held))
        except Exception as error:
            self.failure = _said(error)
            return None

    def _first(self) -> Array:
        """The output for the inputs as they are; notes whether f writes into them."""
        arguments = self._arguments(self.given.reshape(-1), None)
        before = [array_of(value) if _is_array(value) else None for value in arguments]
        try:
            value = self._run(arguments)
        except DataProblem:
            raise
        except Exception as error:
            raise DataProblem(f"f fails at x: {_said(error)}") from error
        if value.dtype.kind not in "iuf":
            kind = f"returns values of type {value.dtype}"
            raise DataProblem(f"f {kind}; only real numbers have a gradient")
        for position, (held, then) in enumerate(zip(arguments, before, strict=True)):
            if then is not None and not np.array_equal(array_of(held), then, equal_nan=True):
                which = "its input" if len(arguments) == 1 else f"input {position}"
                self.notes.append(f"f writes into {which}; here it was given copies.")
        return value

    def _precision(self) -> tuple[np.dtype[Any], np.dtype[Any] | None, Array]:
        """The best precision that the function takes, for x and for what is held; its value.

        Extended precision has to be kept, and to come to the same.
        """
        double, extended = np.dtype(np.float64), np.dtype(np.longdouble)
        value = self._in(double)
        if value is None or (np.isfinite(self.value) & ~np.isfinite(value)).any():
            return self.given.dtype, None, self.value
        longer = self._in(extended)
        if longer is not None and longer.dtype == extended:
            near = SAME * _largest(value)
            if np.allclose(longer, value, SAME, near, equal_nan=True):
                return extended, extended, longer
        return double, double, value

    def _in(self, dtype: np.dtype[Any]) -> Array | None:
        """The output at x in another precision; None where the function does not take it."""
        value = self._try(self.given.reshape(-1).astype(dtype), dtype)
        if value is None or value.shape != self.shape or value.dtype.kind == "c":
            return None
        return value


def epsilon(dtype: np.dtype[Any]) -> float:
    """The relative rounding of a type; none for whole numbers."""
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0


def _jagged(values: Array) -> Array:
    """The noise of values in a row; none where they are not finite."""
    with np.errstate(all="ignore"):
        fourth = np.diff(values, 4, axis=0).astype(np.float64)
    level = np.sqrt((fourth**2).mean(axis=0) / VARIANCE)
    return np.where(np.isfinite(level), level, 0.0)


def _real(x: Array) -> Array:
    if x.dtype.kind in "bc":
        raise DataProblem(f"x has entries of type {x.dtype}; a gradient needs real numbers")
    if not np.isfinite(x).all():
        raise DataProblem("x has entries that are infinite or no number")
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def _scales(x: Array) -> Array:
    """By what each entry is measured: its size, but not less than the array's, at most 1."""
    usual = min(1.0, float(np.abs(x).max(initial=0.0))) or 1.0
    scales: Array = 2.0 ** np.round(np.log2(np.maximum(np.abs(x), usual)))
    return scales


def _largest(values: Array) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0))


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) or is_tensor(value)


def _said(error: Exception) -> str:
    """What an exception says, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings from the user's function; dropping an imaginary part is an error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        yield
