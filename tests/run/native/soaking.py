"""Training, compiling and calling for as long as is asked, in a process of its own.

    python -m tests.run.native.soaking SECONDS

Prints a line of JSON now and then: how much memory is resident, how many areas of it are mapped,
and how many programs have been compiled so far.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

import chainrule as cr

PAGE = 4096


def resident() -> int:
    """Bytes of memory in use."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE


def areas() -> int:
    """Areas of memory that are mapped: code that is not freed would be one each."""
    with open("/proc/self/maps", encoding="ascii") as file:
        return len(file.readlines())


def train(number: int, random: np.random.Generator) -> None:
    """A net of another size, with an optimiser of its own; it is dropped again."""
    inputs, hidden = (int(n) for n in random.integers(1, 70, 2))

    def loss(params: Any, x: Any) -> Any:
        return np.mean((np.tanh(x @ params[0]) @ params[1] - number % 7) ** 2)

    params = (np.ones((inputs, hidden)) / inputs, np.ones((hidden, 1)) / hidden)
    rule = (cr.sgd(0.01), cr.momentum(0.01), cr.adam(0.01))[number % 3]
    loop = cr.training_loop(loss, params, rule, batch_size=4)
    losses = loop(random.normal(size=(20, inputs)), steps=50)
    assert np.isfinite(losses).all()


def compile_anew(number: int, random: np.random.Generator) -> None:
    """A function that has never been there."""
    rows, columns = (int(n) for n in random.integers(1, 70, 2))
    scale = 1 + 1 / (1 + number)
    slope = cr.grad(lambda A, x: scale * np.sum((A @ x) ** 2))
    A, x = random.normal(size=(rows, columns)), random.normal(size=columns)
    np.testing.assert_allclose(cr.compile(slope)(A, x), slope(A, x), rtol=1e-10, atol=1e-10)


def normalized(x: Any) -> Any:
    weights = np.exp(x - np.max(x, axis=1, keepdims=True))
    return weights / np.sum(weights, axis=1, keepdims=True)


def ordered(x: Any) -> Any:
    return np.sort(x, axis=1)[:, ::-1] + np.sum(x)


KEPT = [cr.compile(normalized), cr.compile(ordered)]


def call_together(number: int) -> None:
    """Many threads call the same functions, of few signatures and of many."""

    def work(thread: int) -> None:
        random = np.random.default_rng(100 * number + thread)
        for size in (30, 30, 30, int(random.integers(1, 90))):
            given = random.normal(size=(size, 20))
            for kept in KEPT:
                wanted = kept.function(given)
                np.testing.assert_allclose(kept(given), wanted, rtol=1e-11, atol=1e-11)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(12)))


def main(seconds: float) -> None:
    random = np.random.default_rng(0)
    start = said = time.monotonic()
    number = 0
    while time.monotonic() < start + seconds:
        number += 1
        train(number, random)
        compile_anew(number, random)
        call_together(number)
        if time.monotonic() > said + seconds / 50:
            said = time.monotonic()
            gc.collect()
            print(json.dumps({"resident": resident(), "areas": areas(), "programs": number}))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(float(sys.argv[1]))
