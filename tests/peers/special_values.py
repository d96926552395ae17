"""Functions at 0, ±∞, NaN, kinks, ties and degenerate matrices, beside the peers.

Where `chosen` is None the peers agree.  Elsewhere they choose otherwise, often each in its own
way: then the library's slopes stand here, and `why`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from tests.peers.row import words

INF, NAN = float("inf"), float("nan")
EVERYWHERE = (0.0, -0.0, 1.0, -1.0, 0.5, 2.5, INF, -INF, NAN, 1e300, -1e300, 40.0, -40.0, -800.0)
FROM_ZERO = (0.0, 1.0, 2.5, INF, NAN, 1e300, 1e-300)
BETWEEN = (0.0, 0.5, 1.0, -1.0, 2.0, INF, NAN)

Function = Callable[..., Any]


@dataclass(frozen=True)
class Special:
    """A function at one place; `chosen` are the library's slopes where the peers differ."""

    name: str
    function: Function
    arrays: tuple[Any, ...]
    chosen: tuple[Any, ...] | None = None
    why: str = ""
    apart: Mapping[str, str] = field(default_factory=dict)
    value: Any = None  # of the library, where the peers' is another


def same(one: Any, other: Any) -> bool:
    """Equal, or both NaN."""
    return bool(np.array_equal(one, other, equal_nan=True))


def at(
    name: str,
    points: Sequence[float],
    chosen: Mapping[float, float] | None = None,
    why: str = "",
    function: Function | None = None,
) -> Iterator[Special]:
    """A function of one number at each point, and the slopes that the library chooses."""
    called = function or (lambda np, x: getattr(np, name)(x))
    for x in points:
        own = [(slope,) for point, slope in (chosen or {}).items() if same(point, x)]
        label = f"{name} at {x}"
        yield Special(label, called, (x,), own[0], why) if own else Special(label, called, (x,))


def at_pairs(
    name: str,
    points: Sequence[float],
    chosen: Callable[[float, float], tuple[float, float] | None] = lambda a, b: None,
    why: str = "",
) -> Iterator[Special]:
    """A function of two numbers at each pair of points."""
    for a, b in product(points, points):
        own = chosen(a, b)
        yield Special(
            f"{name} at {a}, {b}",
            lambda np, x, y: getattr(np, name)(x, y),
            (a, b),
            own,
            why if own else "",
        )


def leaky(np: Any, x: Any) -> Any:
    return np.leaky_relu(x, slope=0.1)


def elu(np: Any, x: Any) -> Any:
    return np.elu(x, alpha=1.5)


def clip(np: Any, x: Any) -> Any:
    return np.clip(x, -1.0, 1.0)


ELEMENTWISE = (
    *[
        special
        for name in words(
            "negative square exp exp2 sin cos arctan sinh cosh tanh arcsinh reciprocal floor ceil"
            " trunc sigmoid softplus erf"
        )
        for special in at(name, EVERYWHERE)
    ],
    *[special for name in words("sqrt log log2 log10 log1p") for special in at(name, FROM_ZERO)],
    *[special for name in words("arcsin arccos arctanh") for special in at(name, BETWEEN)],
    *at("arccosh", (1.0, 0.5, 2.0, INF, NAN)),
    *at("expm1", EVERYWHERE[:-2], {-40.0: np.exp(-40.0)}, "e^x, where JAX has y + 1"),
    *at("sinc", (0.0, 1.0, 0.5, NAN, INF)),
    *at("sinc", (1e-300,), {1e-300: -(np.pi**2) / 3 * 1e-300}, "its series near 0"),
    *at("cbrt", (*FROM_ZERO, -1.0, -INF), {0.0: INF, 1e-300: np.cbrt(1e-300) / 3e-300}, "±∞ at 0"),
    *at("absolute", EVERYWHERE, {0.0: 0.0, NAN: NAN}, "0 lies between both slopes at 0"),
    *at("sign", EVERYWHERE[:8]),
    *at("relu", EVERYWHERE, {NAN: 0.0}, "what is not above 0 has no slope, in JAX as well"),
    *at("silu", EVERYWHERE[:8]),
    *at("gelu", EVERYWHERE[:6]),
    *at("gelu_tanh", EVERYWHERE, {INF: 1, -INF: 0, 1e300: 1, -1e300: 0}, "the limits, not ∞ · 0"),
    *at(
        "leaky_relu",
        EVERYWHERE,
        {0.0: 0.1},
        "the left side",
        lambda np, x: np.leaky_relu(x, slope=0.1),
    ),
    *at(
        "elu",
        EVERYWHERE,
        {-40.0: 0.0, NAN: NAN},
        "y + α has α's digits; NaN stays",
        lambda np, x: np.elu(x, alpha=1.5),
    ),
    *at(
        "clip",
        EVERYWHERE,
        {1.0: 0.0, -1.0: 0.0},
        "a bound itself is constant",
        lambda np, x: np.clip(x, -1.0, 1.0),
    ),
    *at("nan_to_num", EVERYWHERE),
    *[
        special
        for power in (0, 1, 2, 3, -1, -2)
        for special in at(f"x ** {power}", EVERYWHERE, function=lambda np, x, p=power: x**p)
    ],
    *at("x ** 0.5", FROM_ZERO, function=lambda np, x: x**0.5),
    *at("x ** 1.5", FROM_ZERO, function=lambda np, x: x**1.5),
    *at("x ** -0.5", FROM_ZERO, function=lambda np, x: x**-0.5),
)

POINTS = (0.0, 1.0, -1.0, 2.5, INF, -INF, NAN)


def at_a_tie(a: float, b: float) -> tuple[float, float] | None:
    if np.isnan(a) or np.isnan(b):
        return (0.0, 0.0)
    return (1.0, 0.0) if a == b else None


def beyond_nan(a: float, b: float) -> tuple[float, float] | None:
    return (1.0, 0.0) if a == b else None


def of_power(a: float, b: float) -> tuple[float, float] | None:
    """Slopes where a^b has a corner or is infinite: their limits from inside."""
    table = {(0.0, 0.0): (0.0, -INF), (0.0, -1.0): (-INF, -INF), (INF, -1.0): (0.0, 0.0)}
    return table.get((a, b))


PAIRS = (
    *[special for name in words("add subtract multiply") for special in at_pairs(name, POINTS)],
    *at_pairs("divide", POINTS[:6]),
    *at_pairs("maximum", POINTS, at_a_tie, "at a tie the first of the two; a NaN has no slope"),
    *at_pairs("minimum", POINTS, at_a_tie, "at a tie the first of the two; a NaN has no slope"),
    *at_pairs("fmax", POINTS[:6], beyond_nan, "at a tie the first of the two"),
    *at_pairs("fmin", POINTS[:6], beyond_nan, "at a tie the first of the two"),
    *at_pairs("power", (0.0, 1.0, 2.5, INF), of_power, "0^b jumps down from 1 at b = 0"),
    Special(
        "power 0 ** -1", lambda np, a, b: np.power(a, b), (0.0, -1.0), (-INF, -INF), "as above"
    ),
    *at_pairs(
        "logaddexp",
        (*POINTS[:4], -INF),
        lambda a, b: (0.5, 0.5) if a == b == -INF else None,
        "equal shares of nothing",
    ),
    Special("logaddexp ∞", lambda np, a, b: np.logaddexp(a, b), (1.0, INF), (0.0, 1.0), "JAX: e^1"),
    *at_pairs(
        "hypot",
        (0.0, 1.0, -2.0, INF),
        lambda a, b: (
            (0.0, 0.0)
            if a == b == 0
            else (NAN, NAN)
            if a == b == INF
            else (0.0, NAN)
            if b == INF
            else (NAN, 0.0)
            if a == INF
            else None
        ),
        "0 at the origin; a side beside an infinite one does not count",
    ),
    *at_pairs(
        "arctan2",
        (0.0, 1.0, -2.0, INF),
        lambda a, b: (0.0, 0.0) if a == b == 0 else None,
        "no direction at the origin",
    ),
    *at_pairs("xlogy", (1.0, 2.5), lambda a, b: None),
    Special("xlogy 0, 0", lambda np, a, b: np.xlogy(a, b), (0.0, 0.0), (-INF, 0.0), "weight 0"),
    Special("xlogy 0, 3", lambda np, a, b: np.xlogy(a, b), (0.0, 3.0)),
    Special("xlogy 0, NaN", lambda np, a, b: np.xlogy(a, b), (0.0, NAN)),
)


def one(
    name: str, *numbers: float, chosen: Sequence[float] | None = None, why: str = ""
) -> Special:
    """A function of one vector."""
    own = None if chosen is None else (chosen,)
    return Special(f"{name} {numbers}", lambda np, x: getattr(np, name)(x), (numbers,), own, why)


def norm(
    order: float | None, *numbers: float, chosen: Sequence[float] | None = None, why: str = ""
) -> Special:
    own = None if chosen is None else (chosen,)
    called: Function = lambda np, x: np.linalg.norm(x, ord=order)  # noqa: E731
    return Special(f"norm {order} {numbers}", called, (numbers,), own, why)


FIRST = "at a tie the first entry counts"
LARGEST_NAN = "the NaN is the result, so it alone counts"
REDUCTIONS = (
    one("max", 1, 3, 3, 2, chosen=(0, 1, 0, 0), why=FIRST),
    one("min", 1, 3, 1, 2, chosen=(1, 0, 0, 0), why=FIRST),
    one("ptp", 1, 3, 3, 1, chosen=(-1, 1, 0, 0), why=FIRST),
    one("max", 1, NAN, 2, chosen=(0, 1, 0), why=LARGEST_NAN),
    one("min", 1, NAN, 2, chosen=(0, 1, 0), why=LARGEST_NAN),
    one("max", 1, INF, 2),
    one("min", 1, -INF, 2),
    one("sort", 2, 1, 2, 1),
    one("sort", INF, 1, -INF),
    one("median", 2, 2, 1, 3),
    one("median", 2, 2, 1),
    *[one("sum", *numbers) for numbers in ((1, NAN), (INF, -INF), (INF, 1))],
    *[one("mean", *numbers) for numbers in ((1, NAN), (INF, -INF), (INF, 1))],
    *[one("prod", *numbers) for numbers in ((2, 0, 3), (0, 0, 3), (0, 0, 0))],
    *[one("cumprod", *numbers) for numbers in ((2, 0, 3), (0, 0, 3), (0,))],
    one("prod", 1, NAN, 2, chosen=(NAN, 2, NAN), why="without a division by the NaN itself"),
    one("prod", 1e200, 1e200, chosen=(1e200, 1e200), why="without a division of ∞"),
    one("prod", INF, 2, chosen=(2, INF), why="without a division of ∞"),
    one("cumprod", 1, INF, chosen=(1 + INF, 1), why="without a division of ∞"),
    one("var", 2, 2, 2),
    one("std", 2, 2, 2, chosen=(0, 0, 0), why="where the spread is 0 its slope is taken as 0"),
    one("logsumexp", 1, -INF, 2),
    one("logsumexp", 1e4, 0),
    one("logsumexp", 1, NAN),
    one("softmax", 1e4, 0),
    one("softmax", 1, -INF, 2),
    one("softmax", 1, NAN),
    one("log_softmax", 1e4, 0),
    one("log_softmax", 1, NAN),
    one("nansum", 1, NAN, 2),
    one("nanprod", 1, NAN, 2),
    one("nanmean", 1, NAN, 2),
    *[
        norm(order, 0, 0, chosen=(0, 0), why="where the norm is 0 its slope is taken as 0")
        for order in (None, 1, 2, 3, 0.5, INF, -INF)
    ],
    norm(1, 0, 3, chosen=(0, 1), why="0 lies between both slopes at 0"),
    norm(INF, 2, -2, chosen=(1, 0), why=FIRST),
    norm(-INF, 2, -2, chosen=(1, 0), why=FIRST),
    norm(2, 0, 3),
    norm(3, 0, 3),
    norm(2, NAN, 1),
)

SINGULAR = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
COFACTORS = [[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]]
ONES = [[1.0, 1.0], [1.0, 1.0]]


def det(np: Any, a: Any) -> Any:
    return np.linalg.det(a)


MATRICES = (
    Special("det of rank 2", det, (SINGULAR,), (COFACTORS,), "the cofactors; PyTorch has zeros"),
    Special(
        "det of rank 1",
        det,
        ([[1.0, 2.0], [2.0, 4.0]],),
        ([[4.0, -2.0], [-2.0, 1.0]],),
        "the cofactors",
    ),
    Special("det of 3 × 3 ones", det, (np.ones((3, 3)),), (np.zeros((3, 3)),), "no cofactors left"),
    Special("det of zeros", det, (np.zeros((2, 2)),)),
    Special(
        "det of NaN", det, ([[NAN, 0.0], [0.0, 1.0]],), (np.full((2, 2), NAN),), "NaN everywhere"
    ),
    Special(
        "norm 1 of equal columns",
        lambda np, x: np.linalg.norm(x, ord=1),
        (ONES,),
        ([[1.0, 0.0], [1.0, 0.0]],),
        "at a tie the first column counts",
    ),
    Special(
        "max of equal rows",
        lambda np, x: np.max(x, axis=0),
        (ONES,),
        ([[1.0, 1.0], [0.0, 0.0]],),
        FIRST,
    ),
    Special("an infinite factor", lambda np, a, b: a @ b, ([[INF, 1.0]], [[0.0], [1.0]])),
)


def loss(
    name: str,
    prediction: Any,
    target: Any,
    chosen: tuple[Any, Any] | None = None,
    why: str = "",
    value: Any = None,
) -> Special:
    """A loss of a prediction and a target."""

    def called(np: Any, p: Any, t: Any) -> Any:
        return getattr(np, name)(p, t)

    label = f"{name} {prediction} {target}"
    return Special(label, called, (prediction, target), chosen, why, value=value)


NO_WEIGHT = "0 · log 0 is 0"
NO_WAY = "an impossible class without a label costs nothing"
LOSSES = (
    loss("cross_entropy", (0, 1), (0, 1), ((0, -1), (INF, 0)), NO_WEIGHT, 0.0),
    loss("cross_entropy", (0, 1), (1, 0), ((-INF, 0), (INF, 0)), NO_WEIGHT, INF),
    loss("binary_cross_entropy", (0, 1), (0, 1), ((1, -1), (INF, -INF)), NO_WEIGHT, 0.0),
    loss("kl_divergence", (0, 1), (0, 1), ((0, -1), (NAN, 1)), NO_WEIGHT, 0.0),
    *[
        loss(name, (NAN, 1), (0, 1), ((NAN, -1), (NAN, slope)), "a NaN is never hidden", NAN)
        for name, slope in (("cross_entropy", 0), ("kl_divergence", 1))
    ],
    loss("cross_entropy_with_logits", (-INF, 1), (0, 1), ((0, 0), (INF, 0)), NO_WAY, 0.0),
    loss("cross_entropy_with_logits", (1e4, -1e4), (0, 1)),
    loss("cross_entropy_with_logits", (NAN, 1), (0, 1)),
    loss("binary_cross_entropy_with_logits", (1e4, -1e4), (0, 1)),
    loss("binary_cross_entropy_with_logits", (NAN, 1), (0, 1)),
    loss("squared_error", (INF, 1, NAN), (0, 0, 0)),
    loss("absolute_error", (1, 0, INF), (0, 0, 0), ((1, 0, 1), (-1, 0, -1)), "0 where y = t"),
    loss("mae", (1, 0), (0, 0), ((0.5, 0), (-0.5, 0)), "0 where y = t"),
    loss("huber", (1, -1, 0, 9), (0, 0, 0, 0)),
    loss("hinge", (1, -1, 2), (1, -1, 1)),
)

LAYERS = (
    Special(
        "max_pool2d of equals",
        lambda np, x: np.max_pool2d(x, size=2),
        (np.zeros((1, 1, 2, 4)),),
    ),
    Special(
        "max_pool2d of -∞",
        lambda np, x: np.max_pool2d(x, size=2),
        (np.full((1, 1, 2, 2), -INF),),
    ),
    Special(
        "layer_norm of equals",
        lambda np, x, g, b: np.layer_norm(x, g, b),
        (np.ones((2, 3)), np.ones(3), np.zeros(3)),
    ),
    Special("x / x", lambda np, x: x / x, ((0.0, 1.0, INF),)),
    Special("x log x", lambda np, x: x * np.log(x), ((0.0, 1.0),)),
    Special(
        "where that guards both",
        lambda np, x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0),
        ((0.0, 1.0, -1.0, NAN),),
    ),
)

SPECIALS: tuple[Special, ...] = (*ELEMENTWISE, *PAIRS, *REDUCTIONS, *MATRICES, *LOSSES, *LAYERS)
