"""Random numbers from a key, and dropout: the published bits, their spread, keys that change."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.walk import adjoints, gradient
from chainrule.errors import ChainruleError, DataProblem, DomainProblem, ShapeError
from chainrule.graph.node import Array, Node, constant, variable
from chainrule.ops.dropout import dropout
from chainrule.ops.random_bits import random_mask, random_normal, random_uniform, threefry
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import Plan, evaluate, evaluate_all

INF, NAN = np.inf, np.nan
PI = (0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344)
ONES = (0xFFFFFFFF, 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        (ONES, ONES, (0x1CB996FC, 0xBB002BE7)),
        (*PI, (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_answers(counter: Any, key: Any, answer: Any) -> None:
    """Source: the file `kat_vectors` of Random123, lines "threefry2x32 20"."""
    words = [[np.array([word], np.uint32) for word in pair] for pair in (key, counter)]
    found = threefry(*[(first, second) for first, second in words])
    assert [int(word[0]) for word in found] == list(answer)


def numbers(node: Node) -> Array:
    return evaluate(node).reshape(-1)


def test_random_numbers_depend_on_the_key_and_their_place_alone() -> None:
    many = numbers(random_uniform(5, shape=(1000,)))
    for shape in ((), (7,), (3, 5), (2, 0, 3), (10, 10, 10)):
        few = numbers(random_uniform(5, shape=shape))
        np.testing.assert_array_equal(few, many[: few.size])
        kept = numbers(random_mask(5, shape=shape, rate=0.3))
        np.testing.assert_array_equal(
            kept, numbers(random_mask(5, shape=(1000,), rate=0.3))[: few.size]
        )
        normal = numbers(random_normal(5, shape=shape))
        np.testing.assert_array_equal(normal, numbers(random_normal(5, shape=(1000,)))[: few.size])


def test_both_precisions_take_the_same_bits() -> None:
    narrow = numbers(random_uniform(5, shape=(1000,), dtype=np.dtype("float32")))
    wide = numbers(random_uniform(5, shape=(1000,)))
    assert narrow.dtype == "float32"
    np.testing.assert_array_equal(narrow, np.floor(wide * 2**24) / 2**24)
    kept = []
    for dtype in ("float32", "float64"):
        x = constant(np.ones(1000), dtype)
        kept.append(numbers(dropout(x, rate=0.3, key=9)) > 0)
    np.testing.assert_array_equal(kept[0], kept[1])


def test_random_numbers_look_random() -> None:
    count = 200_000
    uniform = numbers(random_uniform(11, shape=(count,)))
    normal = numbers(random_normal(12, shape=(count,)))
    assert 0 <= uniform.min() < uniform.max() < 1
    found = np.histogram(uniform, bins=100, range=(0, 1))[0]
    chi_square = ((found - count / 100) ** 2 / (count / 100)).sum()
    assert abs(chi_square - 99) < 5 * math.sqrt(2 * 99)
    for sample, mean, deviation in ((uniform, 0.5, 1 / math.sqrt(12)), (normal, 0.0, 1.0)):
        assert abs(sample.mean() - mean) < 5 * deviation / math.sqrt(count)
        assert abs(sample.std() - deviation) < 5 * deviation / math.sqrt(2 * count)
        neighbours = np.corrcoef(sample[1:], sample[:-1])[0, 1]
        assert abs(neighbours) < 5 / math.sqrt(count)
    assert abs((normal**4).mean() - 3) < 5 * math.sqrt(96 / count)
    other = numbers(random_uniform(12, shape=(count,)))
    assert abs(np.corrcoef(uniform, other)[0, 1]) < 5 / math.sqrt(count)


@pytest.mark.parametrize("rate", [0, 0.1, 0.5, 0.99])
def test_dropout_drops_its_share_and_keeps_the_mean(rate: float) -> None:
    count = 100_000
    found = numbers(dropout(constant(np.ones(count)), rate=rate, key=3))
    kept = found > 0
    np.testing.assert_allclose(found[kept], 1 / (1 - rate))
    assert abs(kept.mean() - (1 - rate)) <= 5 * math.sqrt(rate * (1 - rate) / count)


def test_the_key_may_change_at_each_call() -> None:
    x, key = variable((50,)), variable((), "int64")
    output = dropout(x, rate=0.5, key=key)
    assert output is dropout(x, key, rate=0.5)
    plan = Plan([output, gradient(sum_(output), x)], [x, key])
    seen = set()
    for number in (1, 2, -1, 2**40 + 1, 2**62):
        value, slope = plan(np.ones(50), np.array(number))
        np.testing.assert_array_equal(value, slope)
        seen.add(value.tobytes())
    assert len(seen) == 5
    wanted = evaluate(dropout(constant(np.ones(50)), rate=0.5, key=2**40 + 1))
    np.testing.assert_array_equal(plan(np.ones(50), np.array(2**40 + 1))[0], wanted)


def test_what_is_dropped_is_dropped_be_it_infinite() -> None:
    x, u = variable((4,)), variable((4,))
    output = dropout(x, rate=0.5, key=7)
    given = {x: [1, INF, -INF, INF], u: [1, NAN, INF, NAN]}
    value, slope = evaluate_all([output, adjoints(output, [x], u)[x]], given)
    np.testing.assert_array_equal(value, [2, INF, -INF, 0])
    np.testing.assert_array_equal(slope, [2, NAN, INF, 0])


@pytest.mark.parametrize(
    ("build", "kind", "message"),
    [
        (lambda: dropout(variable((3,)), rate=1, key=0), DomainProblem, "not including, 1, not 1"),
        (lambda: dropout(variable((3,)), rate=0.5), DataProblem, "needs one key"),
        (lambda: dropout(variable((3,)), rate=0.5, key=0.5), DataProblem, "not 0.5"),  # type: ignore[arg-type]
        (lambda: dropout(variable((3,)), rate=0.5, key=-1), DataProblem, "not -1"),
        (lambda: dropout(variable((3,)), rate=0.5, key=2**60), DataProblem, "2⁵³"),
        (lambda: dropout(variable((3,)), variable(()), rate=0.5), DataProblem, "not float64"),
        (
            lambda: dropout(variable((3,)), variable((2,), "int64"), rate=0.5),
            ShapeError,
            r"takes one key, not \(2\)",
        ),
        (lambda: random_uniform(1, shape=(-1,)), ShapeError, "not negative"),
        (
            lambda: random_normal(1, shape=(2,), dtype=np.dtype("int64")),
            DataProblem,
            "float32 or float64, not int64",
        ),
    ],
)
def test_errors_say_what_was_found(
    build: Callable[[], Node], kind: type[ChainruleError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        build()
