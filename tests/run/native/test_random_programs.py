"""Random programs, compiled: values and gradients are the interpreter's.

NumPy functions as in `tests/functions/test_random_programs.py`, the paper language as in
`tests/rewrite/random_programs.py`, graphs as in `tests/differentiate/test_programs.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.differentiate.test_programs import Program as Graph
from tests.differentiate.test_programs import programs as graphs
from tests.functions.test_random_programs import Program, programs
from tests.rewrite.random_programs import BY
from tests.rewrite.test_random_programs import read, texts
from tests.run.native.comparing import assert_close, assert_compiled_is_interpreted

import chainrule as cr
from chainrule.differentiate.walk import adjoints, gradient, tangents
from chainrule.graph.node import Node

# Numbers are moderate, but some cancel: what is left has fewer digits.
DOUBLE, SINGLE = 1e-9, 2e-2

QUIET = pytest.mark.filterwarnings("ignore::chainrule.errors.GradientWarning")


# NumPy functions.


def check_function(program: Program) -> None:
    function = program.function()
    derived = cr.value_and_grad(function, wrt=(0, 1, 2))
    compiled = cr.compile(derived)
    value, slopes = derived(*program.inputs)
    for _ in range(2):
        found, found_slopes = compiled(*program.inputs)
        assert_close(found, value, DOUBLE)
        for one, other in zip(found_slopes, slopes, strict=True):
            assert_close(one, other, DOUBLE)


@QUIET
@given(programs())
@settings(max_examples=50)
def test_functions(program: Program) -> None:
    check_function(program)


@pytest.mark.soak
@QUIET
@given(programs())
@settings(max_examples=500)
def test_many_functions(program: Program) -> None:
    check_function(program)


def check_bent_function(program: Program) -> None:
    gradient = cr.grad(program.function(), wrt=(0, 1, 2))

    def along(*inputs: Any) -> Any:
        return cr.jvp(gradient, inputs, program.moves)

    wanted, found = along(*program.inputs), cr.compile(along)(*program.inputs)
    for some, others in zip(found, wanted, strict=True):
        for one, other in zip(some, others, strict=True):
            assert_close(one, other, 10 * DOUBLE)


@QUIET
@given(programs())
@settings(max_examples=15)
def test_second_derivatives(program: Program) -> None:
    check_bent_function(program)


@pytest.mark.soak
@QUIET
@given(programs())
@settings(max_examples=150)
def test_many_second_derivatives(program: Program) -> None:
    check_bent_function(program)


# Graphs, with both modes at once.


def check_graph(program: Graph) -> None:
    seed = program.draw(program.output)
    slopes = adjoints(program.output, program.inputs, seed)
    moves = {node: program.draw(node) for node in program.inputs}
    pushed = tangents([program.output], moves)
    outputs: list[Node] = [program.output, *program.nodes[3:6]]
    outputs += [slopes[node] for node in program.inputs if node in slopes]
    outputs += [pushed[program.output]] if program.output in pushed else []
    values = [program.given[node] for node in program.inputs]
    assert_compiled_is_interpreted(outputs, program.inputs, values, DOUBLE)


@QUIET
@given(graphs)
@settings(max_examples=50)
def test_graphs(program: Graph) -> None:
    check_graph(program)


@pytest.mark.soak
@QUIET
@given(graphs)
@settings(max_examples=500)
def test_many_graphs(program: Graph) -> None:
    check_graph(program)


# Files in the paper language.


def check_text(text: str) -> None:
    paper = read(text)
    inputs = list(paper.values)
    nodes = [paper.graph["l"], *[gradient(paper.graph["l"], paper.graph[name]) for name in BY]]
    values = [np.asarray(paper.values[node]) for node in inputs]
    assert_compiled_is_interpreted(nodes, inputs, values, DOUBLE)


@given(texts())
@settings(max_examples=30)
def test_texts(text: str) -> None:
    check_text(text)


@pytest.mark.soak
@given(texts())
@settings(max_examples=300)
def test_many_texts(text: str) -> None:
    check_text(text)


# Larger arrays in single precision: rows, columns and products beyond one register.

LINES = (
    "np.tanh({a} @ M)",
    "{a} * 0.5 + {b}",
    "np.exp(-{a} * {a}) - {b}",
    "np.maximum({a}, {b} * 0.1)",
    "{a} - np.mean({a}, axis=1, keepdims=True)",
    "{a} - np.max({a}, axis=0)",
    "{a} / (1 + np.sum({a} ** 2, axis=1, keepdims=True)) + {b}",
    "np.where({a} > {b}, np.sin({a}), {b})",
    "np.concatenate([{a}[:, 5:], {b}[:, :5]], axis=1)",
    "{a}[::-1] + {b}[:, ::-1]",
    "np.tanh({a} @ {b}.T @ {a} / {a}.shape[0])",
    "np.log(1.5 + np.cos({a})) * {b}[0]",
    "np.tanh({a} @ ({a}.T @ {b}) / {a}.shape[0]) @ M.T",
    "np.sqrt(1 + np.square({a})) - 1",
    "{a}[np.arange({a}.shape[0]) // 2]",
)


@st.composite
def larger_programs(draw: Any) -> tuple[str, int, int, int]:
    """The text of a function of x and M, and the sizes of its arrays."""
    names, lines = ["x"], []
    for at in range(draw(st.integers(1, 8))):
        form = draw(st.sampled_from(LINES))
        a, b = draw(st.sampled_from(names[-2:])), draw(st.sampled_from(names))
        lines.append(f"    v{at} = {form.format(a=a, b=b)}")
        names.append(f"v{at}")
    text = "\n".join(["def program(x, M):", *lines, f"    return np.sum({names[-1]} ** 2)"])
    sizes = st.sampled_from((5, 8, 16, 17, 31, 33, 64, 67))
    return text, draw(sizes), draw(sizes), draw(st.integers(0, 99))


def check_larger(drawn: tuple[str, int, int, int]) -> None:
    text, rows, columns, seed = drawn
    space: dict[str, Any] = {"np": np}
    exec(text, space)
    random = np.random.default_rng(seed)
    x, M = random.normal(size=(rows, columns)), random.normal(size=(columns, columns)) / 8
    derived = cr.value_and_grad(space["program"], (0, 1))
    value, slopes = derived(x, M)
    compiled = cr.compile(derived)
    for dtype, tolerance in (("float64", DOUBLE), ("float32", SINGLE)):
        found, found_slopes = compiled(x.astype(dtype), M.astype(dtype))
        assert_close(found, value.astype(dtype), tolerance)
        for one, other in zip(found_slopes, slopes, strict=True):
            assert_close(one, other.astype(dtype), tolerance)


@QUIET
@given(larger_programs())
@settings(max_examples=25)
def test_larger_programs(drawn: tuple[str, int, int, int]) -> None:
    check_larger(drawn)


@pytest.mark.soak
@QUIET
@given(larger_programs())
@settings(max_examples=200)
def test_many_larger_programs(drawn: tuple[str, int, int, int]) -> None:
    check_larger(drawn)
