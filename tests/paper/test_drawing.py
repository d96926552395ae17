"""Numbers that are drawn are as declared: of each fact, and of any two that go together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from chainrule.errors import DataProblem
from chainrule.export.verification import verified
from chainrule.graph.facts import Fact, decide, fits, known, word
from chainrule.graph.node import Shape
from chainrule.graph.source import Source
from chainrule.paper.drawing import drawn, numbers_for
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper

SHAPES: tuple[Shape, ...] = ((), (3,), (2, 3), (3, 3), (4, 4), (2, 3, 3), (1, 1))

# What no row, or matrix, of more than one number can be; the facts' own table does not say so.
IMPOSSIBLE = [
    {Fact.ONE_HOT, Fact.POSITIVE},
    {Fact.ONE_HOT, Fact.NONZERO},
    {Fact.DIAGONAL, Fact.POSITIVE},
    {Fact.DIAGONAL, Fact.NEGATIVE},
    {Fact.DIAGONAL, Fact.NONZERO},
    {Fact.ORTHOGONAL, Fact.POSITIVE},
    {Fact.ORTHOGONAL, Fact.NEGATIVE},
]
# Of an odd number of rows, a skew-symmetric matrix is singular.
SINGULAR = [
    {Fact.SKEW_SYMMETRIC, Fact.INVERTIBLE},
    {Fact.SKEW_SYMMETRIC, Fact.ORTHOGONAL},
]


def paper_of(text: str) -> Paper:
    return elaborate(parse(Source(text)))


def is_possible(facts: set[Fact], shape: Shape) -> bool:
    size = shape[-1] if shape else 1
    if known(frozenset(facts)).contradicts or (size > 1 and facts in IMPOSSIBLE):
        return False
    return size % 2 == 0 or facts not in SINGULAR


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("fact", Fact, ids=word)
def test_a_fact_holds_of_what_is_drawn(fact: Fact, positive: bool) -> None:
    for shape in [shape for shape in SHAPES if fits(fact, shape)]:
        for seed in range(4):
            found = drawn(shape, {fact}, np.random.default_rng(seed), positive)
            assert found is not None
            assert found.shape == shape
            assert found.dtype == np.float64
            assert decide(fact, found)


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("fact", Fact, ids=word)
def test_two_facts_hold_wherever_they_go_together(fact: Fact, positive: bool) -> None:
    random = np.random.default_rng(0)
    for facts in [set(two) for two in combinations(Fact, 2) if fact in two]:
        for shape in [shape for shape in SHAPES if all(fits(one, shape) for one in facts)]:
            found = drawn(shape, facts, random, positive)
            if is_possible(facts, shape):
                assert found is not None, (facts, shape)
                assert all(decide(one, found) for one in facts)
            elif shape != (1, 1):
                assert found is None, (facts, shape)


def test_numbers_are_different_and_of_both_signs_unless_positive_ones_are_asked_for() -> None:
    both = drawn((40,), (), np.random.default_rng(0))
    positive = drawn((40,), (), np.random.default_rng(0), positive=True)
    assert both is not None
    assert positive is not None
    assert len(set(both)) == len(set(positive)) == 40
    assert both.min() < 0 < both.max()
    assert 0 < positive.min() < positive.max() < 1


def test_an_invertible_matrix_is_far_from_a_singular_one() -> None:
    for positive in (False, True):
        found = drawn((6, 6), {Fact.INVERTIBLE}, np.random.default_rng(1), positive)
        assert found is not None
        assert np.linalg.cond(found) < 10


def test_given_numbers_are_kept_and_the_others_are_as_declared() -> None:
    paper = paper_of("x = [1, 2]\nA : R^(3 x 3)\nA : symmetric\nb : R^n\nb < 0")
    nodes = [paper.graph[name] for name in "xAb"]
    found = numbers_for(paper, nodes, 0, positive=True)
    assert found is not None
    x, A, b = (found[node] for node in nodes)
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_array_equal(A, A.T)
    assert (b < 0).all()


def test_where_nothing_is_as_declared_there_are_no_numbers() -> None:
    paper = paper_of("x : R^2\nx : one_hot\nx : nonzero\ny = 2 * x")
    x, y = paper.graph["x"], paper.graph["y"]
    assert numbers_for(paper, [x], 0, positive=False) is None
    with pytest.raises(DataProblem, match="no numbers were found of which all that is declared"):
        verified("def f(x):\n    return 2 * x\n", "f", paper, [x], [y])
