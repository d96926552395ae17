"""Graphs of thousands of nodes, deep and broad: how they are cut into kernels, ordered, placed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.run.native.comparing import assert_close, assert_compiled_is_interpreted

import chainrule as cr
from chainrule.graph.node import Array, Node, variable
from chainrule.ops.activation import sigmoid, tanh
from chainrule.ops.indexing import gather
from chainrule.ops.reduction import sum_
from chainrule.ops.shaping import concatenate
from chainrule.run.loop import interpret_loop
from chainrule.run.native.arena import placed
from chainrule.run.native.function import NativeFunction
from chainrule.run.native.keeping import LARGEST, LONGEST_CHAIN
from chainrule.run.native.kernels import Buffer, Kernel, described
from chainrule.run.native.lowered import Lowered, lowered_function
from chainrule.run.native.ordering import ordered
from chainrule.run.native.processor import detect

random = np.random.default_rng(11)


def vector(size: int) -> Array:
    return np.asarray(random.standard_normal(size))


def chain(length: int) -> tuple[list[Node], list[Node], list[Array]]:
    start = x = variable((500,))
    for _ in range(length):
        x = tanh(x) * 1.01
    return [x], [start], [vector(500)]


def chain_of_numbers(length: int) -> tuple[list[Node], list[Node], list[Array]]:
    """One number, from an array that is too long to stand in registers."""
    start = variable((500,))
    x = sum_(start)
    for _ in range(length):
        x = sigmoid(x) * 2
    return [x], [start], [vector(500)]


def many_sums(count: int) -> tuple[list[Node], list[Node], list[Array]]:
    every = [variable((8,)) for _ in range(count)]
    result = sum_(every[0] * every[0])
    for one in every[1:]:
        result = result + sum_(one * one)
    return [result], every, [vector(8) for _ in every]


def balanced(count: int) -> tuple[list[Node], list[Node], list[Array]]:
    """Sums of pairs, of their pairs, …: not deep, but one expression of all arrays."""
    every = [variable((300,)) for _ in range(count)]
    level = every
    while len(level) > 1:
        level = [a + b for a, b in zip(level[::2], level[1::2], strict=True)]
    return level, every, [vector(300) for _ in every]


def tangle(count: int) -> tuple[list[Node], list[Node], list[Array]]:
    """Each node is made of any two before it."""
    start = variable((100,))
    nodes, choices = [start], np.random.default_rng(count)
    for number in range(count):
        a, b = (nodes[int(at)] for at in choices.integers(len(nodes), size=2))
        nodes.append(tanh(a + b) if number % 3 else a * b)
    return nodes[-5:], [start], [vector(100)]


def permuted(times: int) -> tuple[list[Node], list[Node], list[Array]]:
    """Entries at places that are found at places that are found …"""
    order, start = variable((200,), dtype=np.int64), variable((200,))
    places = order
    for _ in range(times):
        places = gather(order, places, 1)
    return [gather(start, places, 1)], [order, start], [random.permutation(200), vector(200)]


def rolled(times: int) -> tuple[list[Node], list[Node], list[Array]]:
    """Where an entry stands is known only by looking through all that was put together."""
    start = x = variable((400,))
    for _ in range(times):
        x = concatenate(x[1:], x[:1])
    return [x], [start], [vector(400)]


GRAPHS: dict[str, Callable[[], tuple[list[Node], list[Node], list[Array]]]] = {
    "a chain": lambda: chain(2000),
    "a chain of numbers": lambda: chain_of_numbers(600),
    "sums of many arrays": lambda: many_sums(1000),
    "pairs of pairs": lambda: balanced(1024),
    "a tangle": lambda: tangle(300),
    "places of places": lambda: permuted(120),
    "put together again and again": lambda: rolled(500),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_they_run(name: str) -> None:
    outputs, inputs, values = GRAPHS[name]()
    assert_compiled_is_interpreted(outputs, inputs, values)


@pytest.mark.parametrize("name", GRAPHS)
def test_no_kernel_is_deep_or_large(name: str) -> None:
    """LLVM's time, and the depth of Python's stack, depend on the largest kernel alone."""
    outputs, inputs, _ = GRAPHS[name]()
    kernels = lowered_function(outputs, inputs).program.kernels
    assert max(map(functions_in, kernels)) <= 2 * LARGEST
    assert max(map(depth_of, kernels)) <= 64


def functions_in(kernel: Kernel) -> int:
    return sum(one[0] == "Apply" for one in described(kernel))


def depth_of(kernel: Kernel) -> int:
    """How many functions stand within each other."""
    depths: list[int] = []
    for kind, *parts in described(kernel):
        inside = [depths[number] for number in references(parts)]
        depths.append(max(inside, default=0) + (kind == "Apply"))
    return max(depths)


def references(parts: Any) -> list[int]:
    if isinstance(parts, tuple) and parts[:1] == ("part",):
        return [parts[1]]
    if isinstance(parts, tuple | list):
        return [number for one in parts for number in references(one)]
    return []


def test_a_long_way_to_one_number_is_gone_once() -> None:
    """Its derivatives read the numbers on the way again and again."""

    def many_sines(x: Any) -> Any:
        for _ in range(60):
            x = np.sin(x) * 1.1
        return x

    third = cr.compile(cr.grad(cr.grad(cr.grad(many_sines))))
    plan = third.program((0.3,), {})[0].plan
    assert isinstance(plan, NativeFunction)
    assert sum(map(functions_in, plan.lowered.program.kernels)) < 10_000


def test_a_chain_is_as_few_kernels_as_its_length_allows() -> None:
    """tanh takes as long as twenty-five short functions."""
    program = lowered_function(*chain(1000)[:2]).program
    assert len(program.kernels) <= 1000 * 26 / LARGEST + 2
    short, start = variable((500,)), variable((500,))
    node = start
    for _ in range(1000):
        node = node * short
    program = lowered_function([node], [start, short]).program
    assert len(program.kernels) <= 1000 / LONGEST_CHAIN + 2


def layers(count: int) -> Lowered:
    """The gradient of a deep net's loss by its first matrix and all others."""

    def loss(weights: list[Array], x: Array) -> Any:
        for matrix in weights:
            x = np.tanh(x @ matrix)
        return np.mean(x**2)

    weights = [random.standard_normal((16, 16)) / 4 for _ in range(count)]
    compiled = cr.compile(cr.grad(loss))
    program, _ = compiled.program((weights, random.standard_normal((8, 16))), {})
    found = compiled(weights, np.ones((8, 16)))
    for one, other in zip(found, cr.grad(loss)(weights, np.ones((8, 16))), strict=True):
        assert_close(one, other)
    assert isinstance(program.plan, NativeFunction)
    return program.plan.lowered


def test_deep_nets_are_many_calls_of_a_few_functions() -> None:
    few, many = layers(10), layers(200)
    assert len(many.program.kernels) == 3 * 200 - 1
    assert functions_of(many) == functions_of(few)


def functions_of(lowered: Lowered) -> int:
    text = lowered.text(False, detect())
    return text.count("define ")


def test_clipping_by_the_norm_of_very_many_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    def loss(parameters: list[Array]) -> Any:
        return sum(np.sum(np.tanh(one) ** 2) for one in parameters)

    start = [random.standard_normal((5, 8)) for _ in range(120)]
    optimizer = cr.clipped(cr.adam(0.01), global_norm=1.0)
    loop = cr.training_loop(loss, start, optimizer)
    losses = loop(steps=3)
    monkeypatch.setattr("chainrule.train.training.run_loop", interpret_loop)
    reference = cr.training_loop(loss, start, optimizer)
    assert_close(losses, reference(steps=3))
    for one, other in zip(loop.params, reference.params, strict=True):
        assert_close(one, other)


# The order of kernels, and where arrays lie.


@pytest.mark.parametrize(
    ("after", "order"),
    [
        ([], []),
        ([set(), set(), set()], [0, 1, 2]),
        ([{2}, set(), set()], [1, 2, 0]),
        ([{1}, {2}, set(), set()], [2, 1, 0, 3]),
        ([set(), {3}, {0}, {0}], [0, 2, 3, 1]),
        ([{1}, {0}], None),
        ([set(), {2}, {1}], None),
    ],
)
def test_the_order_of_kernels(after: list[set[int]], order: list[int] | None) -> None:
    assert ordered(after) == order


spans = st.lists(
    st.tuples(st.integers(0, 600), st.integers(0, 12), st.integers(0, 12)), max_size=25
)


@given(spans)
@settings(deadline=None)
def test_arrays_share_memory_only_at_different_times(items: list[tuple[int, int, int]]) -> None:
    buffers = {at: Buffer(at, size, np.dtype("f4")) for at, (size, _, _) in enumerate(items)}
    times = {at: (min(a, b), max(a, b)) for at, (_, a, b) in enumerate(items)}
    places, arena = placed(times, buffers)
    assert places == first_fit(times, buffers)
    for at, place in places.items():
        assert place % 64 == 0
        assert place + 4 * buffers[at].size <= arena
        for other in range(at):
            if times[other][0] <= times[at][1] and times[at][0] <= times[other][1]:
                assert place >= places[other] + 4 * buffers[other].size or (
                    places[other] >= place + 4 * buffers[at].size
                )


def first_fit(
    times: Mapping[int, tuple[int, int]], buffers: Mapping[int, Buffer]
) -> dict[int, int]:
    """Largest first, each at the lowest place that is free, tried one after the other."""
    places: dict[int, int] = {}
    length = {at: max(-(-4 * one.size // 64), 1) * 64 for at, one in buffers.items()}
    for at in sorted(times, key=lambda one: -buffers[one].size):
        others = [
            one for one in places
            if times[one][0] <= times[at][1] and times[at][0] <= times[one][1]
        ]  # fmt: skip
        place = 0
        while any(
            place < places[one] + length[one] and places[one] < place + length[at] for one in others
        ):
            place += 64
        places[at] = place
    return places
