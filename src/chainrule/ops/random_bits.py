"""Random numbers as a function of a key: the same key gives the same bits, wherever it runs.

The generator is Threefry-2x32 with 20 rounds: from a key and a counter, each two words of 32
bits, it makes two words, by additions, rotations and exclusive ors alone.  Source: J. Salmon,
M. Moraes, R. Dror, D. Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.

Entries are numbered row by row, and entry i depends on the key and on i alone: not on the shape,
nor on the precision.

>>> from chainrule.run.interpreter import evaluate
>>> evaluate(random_uniform(7, shape=(2,))).tolist()
[0.9084802548235673, 0.6903172233009601]
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataProblem, DomainProblem, ShapeError
from chainrule.graph.facts import Fact
from chainrule.graph.node import FLOAT, Constant, Kernels, Node, Shape, constant, size_of
from chainrule.jacobians.kinds import LinearMap, Zero
from chainrule.ops.contract import Composite, Operation, paper_function, show_shape
from chainrule.ops.elementary import cos, log, sqrt

__all__ = [
    "RandomMask",
    "as_key",
    "checked_rate",
    "random_mask",
    "random_normal",
    "random_uniform",
    "random_words",
    "threefry",
]

Words = tuple[Any, Any]
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
LARGEST_KEY = 1 << 53  # a larger one would not be printed exactly


def threefry(key: Words, counter: Words) -> Words:
    """Two random words of a key and a counter, all of them arrays of uint32."""
    keys = (*key, key[0] ^ key[1] ^ PARITY)
    a, b = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(1, 6):
        for turn in ROTATIONS[1 - group % 2]:
            a = a + b
            b = ((b << turn) | (b >> (32 - turn))) ^ a
        a = a + keys[group % 3]
        b = b + (keys[(group + 1) % 3] + group)
    return a, b


def random_words(k: Kernels, key: Any, count: int) -> Any:
    """The first `count` words of a key's stream; block i holds words 2i and 2i + 1."""
    wide = k.reshape(k.asarray(key, dtype=k.int64), (1,))
    halves = wide.astype(k.uint32), (wide >> 32).astype(k.uint32)
    blocks = k.arange((count + 1) // 2, dtype=k.uint32)
    return k.stack(threefry(halves, (blocks, 0 * blocks)), axis=-1).reshape(-1)[:count]


class Random(Operation):
    """Base: an array of the shape `of_shape` from a key."""

    derivatives = ("0",)
    sentence = (
        "Random numbers depend on nothing but the key, a whole number: the derivative is zero."
    )
    of_shape: Shape

    def shape(self, *shapes: Shape) -> Shape:
        if shapes[0] != ():
            raise ShapeError(f"{self.name} takes one key, not {show_shape(shapes[0])}")
        return self.of_shape

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """Five groups of four rounds on two words, for each entry."""
        return 4 * size_of(self.of_shape), 200 * size_of(self.of_shape)

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        return [(name.removeprefix("of_"), value) for name, value in super().settings(inputs)]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Zero(y.shape, inputs[0].shape),)


class RandomMask(Random):
    """False with probability `rate` in each entry, else true; word i decides entry i."""

    name = "random_mask"
    facts = frozenset({Fact.BOOLEAN})
    rate: float

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(np.bool_)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        words = random_words(k, values[0], size_of(self.of_shape))
        dropped = min(round(self.rate * 2**32), 2**32 - 1)
        return (words >= dropped).reshape(self.of_shape)


class RandomUniform(Random):
    """Uniform from 0 to 1, without 1; words 2i and 2i + 1 are entry i.

    A float64 takes 53 bits, a float32 the first 24 of them.
    """

    name = "random_uniform"
    facts = frozenset({Fact.NONNEGATIVE, Fact.AT_MOST_ONE})
    of_dtype: np.dtype[Any] = FLOAT

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return self.of_dtype

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        words = random_words(k, values[0], 2 * size_of(self.of_shape))
        first, second = words[::2], words[1::2]
        if self.of_dtype == np.float32:
            numbers = (first >> 8).astype(self.of_dtype) * 2.0**-24
        else:
            high, low = (first >> 5).astype(self.of_dtype), (second >> 6).astype(self.of_dtype)
            numbers = high * 2.0**-27 + low * 2.0**-53
        return numbers.reshape(self.of_shape)


class RandomNormal(Random, Composite):
    """Normal with mean 0 and variance 1: √(−2 log(1 − u)) cos(2π v) for two uniform numbers.

    Source: G. Box, M. Muller, A note on the generation of random normal deviates, 1958.
    """

    name = "random_normal"
    of_dtype: np.dtype[Any] = FLOAT

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return self.of_dtype

    def body(self, *inputs: Node) -> Node:
        pairs = RandomUniform((*self.of_shape, 2), self.of_dtype)(*inputs)
        u, v = pairs[..., 0], pairs[..., 1]
        return sqrt(-2 * log(1 - u)) * cos(2 * math.pi * v)


@paper_function()
def random_uniform(key: Node | int, *, shape: Shape, dtype: np.dtype[Any] = FLOAT) -> Node:
    """Uniform numbers from 0 to 1, without 1, that depend on the key alone."""
    return RandomUniform(_checked_shape(shape), _checked_dtype(dtype))(as_key(key))


@paper_function()
def random_normal(key: Node | int, *, shape: Shape, dtype: np.dtype[Any] = FLOAT) -> Node:
    """Normal numbers of mean 0 and variance 1 that depend on the key alone."""
    return RandomNormal(_checked_shape(shape), _checked_dtype(dtype))(as_key(key))


@paper_function()
def random_mask(key: Node | int, *, shape: Shape, rate: float) -> Node:
    """Truth values that depend on the key alone, each false with probability `rate`."""
    return RandomMask(_checked_shape(shape), checked_rate(rate))(as_key(key))


def as_key(key: Node | int) -> Node:
    """A key as a node: a whole number that is written, from 0 to 2⁵³, or any integer node.

    Raises:
        DataProblem: it is not a whole number, or it is written and out of range.
    """
    if isinstance(key, Node) and not isinstance(key.operation, Constant):
        if key.dtype.kind not in "iu":
            raise DataProblem(f"the key of random numbers is a whole number, not {key.dtype}")
        return key
    written = key.operation if isinstance(key, Node) else None
    value = np.asarray(written.value if isinstance(written, Constant) else key)
    is_number = value.dtype.kind in "iuf" and value.shape == ()
    if not is_number or not 0 <= value <= LARGEST_KEY or value != np.floor(value):
        raise DataProblem(f"a key that is written is a whole number from 0 to 2⁵³, not {value}")
    return constant(value, np.int64)


def checked_rate(rate: float) -> float:
    """A probability of being dropped: from 0 to 1, without 1.

    Raises:
        DomainProblem: it is anything else.
    """
    if not isinstance(rate, Real) or not 0 <= rate < 1:
        raise DomainProblem(f"rate is a probability from 0 up to, but not including, 1, not {rate}")
    return float(rate)


def _checked_shape(shape: int | Shape) -> Shape:
    sizes = shape if isinstance(shape, tuple | list) else (shape,)
    if any(not isinstance(n, Integral) or n < 0 for n in sizes):
        raise ShapeError(f"shape is made of whole numbers that are not negative, not {shape}")
    return tuple([int(n) for n in sizes])


def _checked_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    found = np.dtype(dtype)
    if found not in (np.float32, np.float64):
        raise DataProblem(f"random numbers are float32 or float64, not {found}")
    return found
