"""Printing and parsing are inverse: what is printed reads back as the very same node."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.differentiate.test_programs import Program, programs
from tests.ops.cases import CASES
from tests.ops.row import Row

from chainrule.differentiate.walk import adjoints
from chainrule.graph.node import Node, Shape, constant, variable
from chainrule.graph.sizes import named_sizes
from chainrule.graph.source import Source
from chainrule.notation.compact import compact
from chainrule.notation.text import show
from chainrule.ops import all_functions
from chainrule.ops.arithmetic import add, divide, multiply, negate, power, subtract
from chainrule.ops.reduction import sum_
from chainrule.paper.derivatives import Value
from chainrule.paper.elaborate import elaborate
from chainrule.paper.expressions import Expressions
from chainrule.paper.parser import parse
from chainrule.paper.scope import Scope
from chainrule.paper.syntax import Question

Names = Mapping[str, Node]
DECLARED = """
    g : R -> R
    f : R^3 -> R
    F : R^3 -> R^2
    M : R^(2 x 3) -> R^2
    c : R -> R^3
    p : R^2 x R^3 -> R
"""
ABSTRACT = {one.name: one for one in elaborate(parse(Source(DECLARED))).abstract}


def read(text: str, names: Names) -> Node:
    """The node of a paper-language expression over these names."""
    program = parse(Source(text))
    (question,) = program.statements
    assert isinstance(question, Question)
    scope = Scope(program, {})
    scope.values.update({name: Value(node) for name, node in names.items()})
    scope.sizes.update(named_sizes("n"))
    scope.abstract.update(ABSTRACT)
    return Expressions(scope).value(question.expression, {}).node


def printed(node: Node, names: Names) -> str:
    return show(node, {named: name for name, named in names.items()}.get)


def derivatives(node: Node, names: Names) -> list[Node]:
    """The gradient of Σ node² by every name it depends on."""
    found = adjoints(sum_(node * node), names.values())
    return [found[one] for one in names.values() if one in found]


def reads_back(node: Node, names: Names) -> None:
    text = printed(node, names)
    assert read(text, names) is node, text


@pytest.mark.parametrize(
    ("row", "shapes"), CASES, ids=[f"{row.name} {shapes}" for row, shapes in CASES]
)
def test_every_operation_and_its_derivatives_read_back(row: Row, shapes: tuple[Shape, ...]) -> None:
    names = dict(zip("xyz", row.inputs(shapes), strict=False))
    node = row.build(*names.values())
    reads_back(node, names)
    for first in derivatives(node, names) if row.smooth else []:
        reads_back(first, names)
        for second in derivatives(first, names):
            reads_back(second, names)


OPERATORS = {"add", "subtract", "multiply", "divide", "negate", "power", "matmul"}
ALIASES = {
    "ReLU",
    "concat",
    "dot",
    "flatten",
    "inverse",
    "ln",
    "logistic",
    "mod",
    "ravel",
    "swish",
    "tr",
    "vec",
    "Σ",
    "σ",
}
LEFT_OUT = {  # built of other operations, or restored by reading
    *("expand", "flip", "hcat", "moveaxis", "number", "pad"),
    *("repeat", "roll", "squeeze", "tile", "vcat"),
}


def test_every_function_of_the_language_was_printed_above() -> None:
    called = set()
    for row, shapes in CASES:
        names = dict(zip("xyz", row.inputs(shapes), strict=False))
        called |= set(re.findall(r"(\w+)\(", printed(row.build(*names.values()), names)))
    assert set(all_functions()) - called == OPERATORS | ALIASES | LEFT_OUT


# Expressions as somebody may write them, with all the parentheses there can be.

NUMBERS = st.sampled_from(["2", "0.20", "-3", "1e-3", "0", "1", "-0.5", "3.0", "007"])


def scalars(vectors: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(["s", "t"]),
        NUMBERS,
        vectors.map("sum({})".format),
        vectors.map("mean({})".format),
        vectors.map("({})[1]".format),
        vectors.map("(({0}) @ ({0}))".format),
        vectors.map("logsumexp({})".format),
    )


def larger(vectors: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.sampled_from(
        [
            "-({})",
            "sin({})",
            "softmax({})",
            "({})^2",
            "({})^-0.5",
            "A @ ({})",
            "({}) @ Aᵀ",
            "({})[::-1]",
            "concat(({0})[1:], ({0})[:1])",
            "reshape(({}) @ A, to=[3])",
            "sum(outer({}, u), axis=0)",
            "where(u > 0, {}, 0.20)",
            "einsum(A, {}, terms=[ij, j], result=i)",
        ]
    )
    two = st.sampled_from(
        [
            "({}) + ({})",
            "({}) - ({})",
            "({}) * ({})",
            "({}) / ({})",
            "({})^({})",
            "maximum({}, {})",
            "where({} <= 1, {}, v)",
        ]
    )
    either = st.one_of(vectors, scalars(vectors))
    return st.one_of(
        st.builds(str.format, one, vectors),
        st.builds(str.format, two, vectors, either),
        st.builds(str.format, two, either, vectors),
        st.builds("[{}, {}, {}]".format, *[scalars(vectors)] * 3),
    )


VECTORS = st.recursive(st.sampled_from(["u", "v"]), larger, max_leaves=8)


@given(VECTORS)
@settings(max_examples=300)
def test_what_is_written_reads_back(text: str) -> None:
    shapes: dict[str, Shape] = {"u": (3,), "v": (3,), "s": (), "t": (), "A": (3, 3)}
    names = {name: variable(shape) for name, shape in shapes.items()}
    node = read(text, names)
    reads_back(node, names)
    for found in derivatives(node, names):
        reads_back(found, names)


@given(programs)
@settings(max_examples=150)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_random_programs_read_back(program: Program) -> None:
    names = {f"n{at}": node for at, node in enumerate(program.nodes) if node.distinct}
    output = program.output
    if output.inputs:  # its formula, not its name
        below = {name: node for name, node in names.items() if node is not output}
        found = read(printed(output, below), below)
        assert (found.operation, found.inputs) == (output.operation, output.inputs)
    for found in derivatives(output, names):
        reads_back(found, names)


# Precedence: as few parentheses as there can be.

x, y, z = variable(()), variable(()), variable(())
W = variable((2, 2))
NAMED = {"x": x, "y": y, "z": z, "W": W}
HALF = constant(0.5, text=("0.50",))


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (subtract(subtract(x, y), z), "x - y - z"),
        (subtract(x, subtract(y, z)), "x - (y - z)"),
        (subtract(x, add(y, z)), "x - (y + z)"),
        (multiply(add(x, y), z), "(x + y) * z"),
        (divide(x, multiply(y, z)), "x / (y * z)"),
        (multiply(divide(x, y), z), "x / y * z"),
        (power(power(x, y), z), "(x^y)^z"),
        (power(x, power(y, z)), "x^y^z"),
        (power(negate(x), constant(2.0)), "(-x)^2"),
        (negate(power(x, constant(2.0))), "-x^2"),
        (power(x, negate(y)), "x^(-y)"),
        (power(x, constant(-1.0)), "x^-1"),
        (negate(multiply(x, y)), "-(x * y)"),
        (multiply(negate(x), y), "-x * y"),
        (negate(constant(2.0)), "-(2)"),
        (add(x, constant(-2.0)), "x + (-2)"),
        (subtract(constant(-2.0), x), "-2 - x"),
        (multiply(HALF, x), "0.50 * x"),
        (multiply(constant(0.5), x), "0.5 * x"),
        ((W.__matmul__(W))[0], "(W @ W)[0, 0:2]"),
        (W[1, 0], "W[1, 0]"),
        (multiply(x > y, z), "(x > y) * z"),
        (negate(negate(x)), "-(-x)"),
    ],
)
def test_precedence(node: Node, text: str) -> None:
    assert printed(node, NAMED) == text
    assert read(text, NAMED) is node


# The compact form of a lecture: factors side by side wherever they cannot be misread.

S, h, w = variable((2,)), variable((12,)), variable((2, 2))
ŷ, t = variable(()), variable(())
COMPACT = {S: "S", h: "h", w: "W1", ŷ: "ŷ", t: "t"}


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (S[0] * (1 - S[0]), "S0(1-S0)"),
        (-(S[0] * S[1]), "-S0S1"),
        (2 * (ŷ - t), "2(ŷ-t)"),
        (2 * S[0] * w[0, 1], "2S0W1[0,1]"),
        (2 * ŷ * t, "2ŷt"),
        (t**2 / ŷ, "t²/ŷ"),
        (-(ŷ - t), "t-ŷ"),
        (h[10] * h[1], "h[10]h[1]"),  # h1 is another name here
        (constant(3.0) * constant(2.5e-10) * t, "7.5e-10·t"),
        (t * constant(0.25), "0.25·t"),
        (t / constant(2**0.5), "t/1.4142135623730951"),  # 1.41421 would not be true
        (t + constant(0.123456789), "t+0.123456789"),
        (t + constant(1e-5), "t+1e-5"),
        (t + constant(1e22), "t+1e22"),
        (t / constant(1 / 3), "t/0.3333333333333333"),
        (w[1, 0] + w[1, 1], "W1[1,0]+W1[1,1]"),
    ],
)
def test_compact_entries(node: Node, text: str) -> None:
    assert compact(node, COMPACT.get, taken={"h1", "h10"}) == text
