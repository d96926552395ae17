"""Where threads that share the work of many kernels have to wait for each other."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.run.native.calls import Calls, Span
from chainrule.run.native.kernels import Kernel, buffers_of
from chainrule.run.native.ssa import Module

pytest.importorskip("llvmlite")

SIZES = {"shallow": [20, 10], "deep": [10, 12, 12, 12, 5], "wide": [8, 40, 40, 5]}


def calls_of(sizes: list[int], optimizer: Any) -> Calls:
    """The calls of a step of a training loop."""
    random = np.random.default_rng(0)
    weights = [random.normal(size=shape) / 10 for shape in pairwise(sizes)]

    def loss(weights: Any, x: Any, t: Any) -> Any:
        for weight in weights:
            x = np.tanh(x @ weight)
        return np.mean((x - t) ** 2)

    loop = cr.training_loop(loss, weights, optimizer, 8)
    native = loop.native_for(np.ones((40, sizes[0])), np.ones((40, sizes[-1])))
    lowered = native.lowered

    def function_for(kernel: Any) -> Any:
        return "kernel", 1, buffers_of(kernel)

    program, givens = lowered.program, len(lowered.givens)
    calls = Calls(program, givens, lowered.steps, Module(), function_for, whole=True)
    before: tuple[Kernel, ...] = program.before
    for kernel in before:
        calls.add(kernel)
    calls.add_step(program.kernels)
    return calls


def bytes_in(spans: list[Span]) -> set[tuple[int, int]]:
    return {(one.slot, at) for one in spans for at in range(one.start, one.stop)}


@pytest.mark.parametrize("optimizer", [cr.sgd(0.1), cr.momentum(0.1), cr.adam(0.1)], ids=str)
@pytest.mark.parametrize("sizes", SIZES)
def test_threads_meet_between_calls_that_touch_the_same_bytes(sizes: str, optimizer: Any) -> None:
    calls = calls_of(SIZES[sizes], optimizer)
    meets = calls.meets()
    assert len(meets) == len(calls)
    assert meets[-1], "before the next step"
    written = [bytes_in(one) for one in calls.written]
    touched = [bytes_in(one) | some for one, some in zip(calls.read, written, strict=True)]
    for at, later in combinations(range(len(calls)), 2):
        if touched[at] & written[later] or written[at] & touched[later]:
            assert any(meets[at:later]), (at, later)


def test_updates_do_not_wait_for_each_other() -> None:
    calls = calls_of(SIZES["deep"], cr.sgd(0.1))
    assert sum(calls.meets()) <= len(calls) - len(SIZES["deep"]) + 2
