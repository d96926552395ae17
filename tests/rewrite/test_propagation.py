"""What follows from what is known: each row of the table, on random numbers that fit it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.rewrite.numbers_with import Random, drawn, has
from tests.rewrite.rows_of_facts import ALL_ROWS, Row

from chainrule.errors import DomainProblem
from chainrule.graph.declaration import Declaration
from chainrule.graph.facts import Fact
from chainrule.graph.node import Array, Node, topological, variable
from chainrule.ops.arithmetic import add, divide, multiply, negate, subtract
from chainrule.ops.choice import absolute, maximum
from chainrule.ops.contract import lower_nodes
from chainrule.ops.elementary import exp
from chainrule.ops.linear import matmul
from chainrule.ops.normalizing import softmax
from chainrule.ops.solving import inverse
from chainrule.ops.transposition import transpose
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.propagation.rule import RULES
from chainrule.rewrite.propagation.signs import SIGNS
from chainrule.run.interpreter import evaluate_all

DRAWS = 60
LARGE = 1e6
row_by_row = pytest.mark.parametrize("row", ALL_ROWS, ids=lambda row: row.name)


def built(row: Row) -> tuple[list[Node], Node, Knowledge]:
    """Fresh inputs, the expression, and what is declared."""
    inputs = row.inputs()
    declared = [
        Declaration(node, fact, fact.value)
        for node, (_, facts) in zip(inputs, row.given, strict=True)
        for fact in facts
    ]
    return inputs, row.build(*inputs), Knowledge(declared)


def values(row: Row, inputs: list[Node], output: Node) -> list[Array]:
    """The expression's value at random inputs of which the facts hold, where there is one."""
    random = np.random.default_rng(len(row.name))
    found = []
    for _ in range(DRAWS):
        given = {
            node: drawn(facts, shape, random)
            for node, (shape, facts) in zip(inputs, row.given, strict=True)
        }
        with np.errstate(all="ignore"):
            value = value_at(output, given)
        if value is not None and np.isfinite(value).all():
            found.append(value)
    return found


def value_at(output: Node, given: dict[Node, Array]) -> Array | None:
    """The value, or None where there is none: a singular matrix has no inverse."""
    try:
        return np.asarray(evaluate_all([output], given)[0])
    except (np.linalg.LinAlgError, DomainProblem):
        return None


@row_by_row
def test_what_is_known_is_what_the_table_says(row: Row) -> None:
    _, output, knowledge = built(row)
    assert {fact: knowledge.holds(output, fact) for fact in row.known} == row.known


@row_by_row
def test_random_numbers_agree(row: Row) -> None:
    """What holds always does, what does not never does, and of what is not known both occur."""
    inputs, output, knowledge = built(row)
    found = values(row, inputs, output)
    assert found
    for fact in Fact:
        occurs = {has(fact, value) for value in found}
        answer = knowledge.holds(output, fact)
        assert answer is None or occurs == {answer}, fact
        if fact in row.known and answer is None:
            assert occurs == {True, False}, fact


def test_every_rule_finds_something_in_the_table() -> None:
    used: set[object] = set()
    signed = set()
    for row in ALL_ROWS:
        _, output, knowledge = built(row)
        for node in topological([output], lower_nodes):
            signed.add(type(node.operation))
            for kind in type(node.operation).__mro__:
                used |= {rule for rule in RULES.get(kind, ()) if rule(node, knowledge.holds).true}
    assert not {rule.__name__ for rules in RULES.values() for rule in rules if rule not in used}
    assert not {kind.__name__ for kind in SIGNS if kind not in signed}


def test_every_rule_gives_its_reason() -> None:
    for rules in RULES.values():
        for rule in rules:
            reason = rule.__doc__ or ""
            assert reason.endswith(".")
            assert "\n" not in reason


STEPS: tuple[Callable[..., Node], ...] = (
    add,
    subtract,
    multiply,
    divide,
    maximum,
    matmul,
    negate,
    absolute,
    softmax,
    transpose,
    inverse,
    lambda x: exp(-absolute(x)),
    lambda x: x @ transpose(x),
    lambda x: x + transpose(x),
    lambda x: 1 - x,
    lambda x: x**2,
)
STARTS = [(), *[(fact,) for fact in Fact if fact is not Fact.INVERTIBLE], (Fact.INVERTIBLE,)]


def random_program(random: Random, inputs: list[Node]) -> Node:
    """A few steps on square matrices, each on what is there already."""
    nodes = list(inputs)
    for _ in range(random.integers(1, 5)):
        step = STEPS[random.integers(len(STEPS))]
        count = 2 if STEPS.index(step) < 6 else 1
        nodes.append(step(*[nodes[random.integers(len(nodes))] for _ in range(count)]))
    return nodes[-1]


@pytest.mark.parametrize("seed", range(150))
def test_what_is_known_of_random_programs_holds(seed: int) -> None:
    random = np.random.default_rng(seed)
    inputs = [variable((3, 3)) for _ in range(2)]
    facts = [STARTS[random.integers(len(STARTS))] for _ in inputs]
    output = random_program(random, inputs)
    knowledge = Knowledge(
        [
            Declaration(node, fact, fact.value)
            for node, declared in zip(inputs, facts, strict=True)
            for fact in declared
        ]
    )
    for _ in range(12):
        given = {
            node: drawn(declared, (3, 3), random)
            for node, declared in zip(inputs, facts, strict=True)
        }
        with np.errstate(all="ignore"):
            value = value_at(output, given)
            steps = [value_at(node, given) for node in topological([output])]
        if any(step is None or not np.abs(step).max() < LARGE for step in steps):
            continue  # an inverse of what is nearly singular is mostly rounding
        assert value is not None
        for fact in Fact:
            answer = knowledge.holds(output, fact)
            assert answer is None or has(fact, value) is answer, fact
