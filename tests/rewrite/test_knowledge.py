"""Facts, and what is known: implications, contradictions, sources; on random numbers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from tests.rewrite.numbers_with import drawn, special

from chainrule.errors import DomainProblem, ShapeError
from chainrule.graph.declaration import Declaration
from chainrule.graph.facts import (
    EXCLUDES,
    IMPLIES,
    OF_ENTRIES,
    OF_MATRICES,
    OF_ROWS,
    TOGETHER,
    WORDS,
    Fact,
    decide,
    implied,
    known,
)
from chainrule.graph.node import Array, Node, constant, fresh, variable
from chainrule.graph.sizes import named_sizes
from chainrule.ops.activation import sigmoid
from chainrule.ops.arithmetic import add, negate
from chainrule.ops.assuming import Assumed
from chainrule.ops.elementary import exp
from chainrule.ops.losses import half_squared_error
from chainrule.ops.naming import Same
from chainrule.ops.normalizing import softmax
from chainrule.ops.reduction import mean
from chainrule.ops.statistics import median
from chainrule.ops.transposition import transpose
from chainrule.rewrite.knowledge import Knowledge

SHAPES = ((2,), (3, 3), (2, 2, 2))
ANYTHING = [
    drawn((), shape, np.random.default_rng(seed)) for shape in SHAPES for seed in range(40)
] + [one for shape in SHAPES for one in special(shape)]


def having(fact: Fact) -> list[Array]:
    """Random numbers that have the property, of shapes that can."""
    shapes = SHAPES[1:] if fact in OF_MATRICES else SHAPES
    return [
        drawn((fact,), shape, np.random.default_rng(at)) for shape in shapes for at in range(20)
    ]


def stated(node: Node, *facts: Fact) -> list[Declaration]:
    return [Declaration(node, fact, f"x : {fact.name.lower()}") for fact in facts]


# --- the tables ---------------------------------------------------------------------------------


def test_every_fact_is_of_entries_rows_or_matrices() -> None:
    assert OF_ENTRIES | OF_ROWS | OF_MATRICES == set(Fact) == set(WORDS.values())
    assert len(OF_ENTRIES) + len(OF_ROWS) + len(OF_MATRICES) == len(Fact)


@pytest.mark.parametrize("fact", Fact)
def test_what_is_implied_holds_of_random_numbers(fact: Fact) -> None:
    for value in having(fact):
        for follows in implied(fact):
            assert decide(follows, value)
        for excluded in known(frozenset({fact})).false:
            assert not decide(excluded, value)


@pytest.mark.parametrize("fact", IMPLIES)
def test_no_implication_goes_back(fact: Fact) -> None:
    for weaker in IMPLIES[fact]:
        assert any(decide(weaker, value) and not decide(fact, value) for value in having(weaker))


@pytest.mark.parametrize(("premises", "conclusion"), TOGETHER)
def test_what_follows_from_several_facts(premises: frozenset[Fact], conclusion: Fact) -> None:
    values = [value for value in ANYTHING if all(decide(one, value) for one in premises)]
    assert values
    assert all(decide(conclusion, value) for value in values)
    assert known(premises).holds(conclusion)
    for premise in premises:  # each of them is needed
        assert not known(premises - {premise}).holds(conclusion)


@pytest.mark.parametrize(("a", "b"), EXCLUDES)
def test_what_excludes_each_other_never_meets(a: Fact, b: Fact) -> None:
    assert known(frozenset({a, b})).contradicts
    assert not any(decide(a, value) and decide(b, value) for value in ANYTHING)
    for one in (a, b):
        assert not known(frozenset({one})).contradicts


@pytest.mark.parametrize(("a", "b"), list(combinations(Fact, 2)))
def test_two_facts_can_meet_unless_a_table_says_that_they_exclude_each_other(
    a: Fact, b: Fact
) -> None:
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    candidates = [*special((1, 1)), *special((2, 2)), turn]
    meeting = any(decide(a, one) and decide(b, one) for one in candidates)
    assert meeting is not known(frozenset({a, b})).contradicts


def test_no_property_is_that_of_something_that_is_not_a_number() -> None:
    for fact in Fact:
        assert not decide(fact, np.full((2, 2), np.nan))
    endless = {Fact.POSITIVE, Fact.NONNEGATIVE, Fact.NONZERO, Fact.SYMMETRIC}
    assert {fact for fact in Fact if decide(fact, np.full((2, 2), np.inf))} == endless


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_is_allowed_for(dtype: type) -> None:
    random = np.random.default_rng(3)
    weights: Array = random.uniform(size=(50, 700)).astype(dtype)
    assert decide(Fact.ROWS_SUM_TO_ONE, weights / weights.sum(axis=-1, keepdims=True))
    assert not decide(Fact.ROWS_SUM_TO_ONE, np.array([0.333, 0.333, 0.333], dtype))
    turned = np.linalg.qr(random.normal(size=(40, 40)).astype(dtype))[0]
    assert decide(Fact.ORTHOGONAL, turned)
    assert not decide(Fact.ORTHOGONAL, turned * dtype(1.001))


# --- what is known ------------------------------------------------------------------------------


def test_three_answers() -> None:
    x = variable((2,))
    knowledge = Knowledge(stated(x, Fact.POSITIVE))
    assert knowledge.holds(x, Fact.NONZERO) is True
    assert knowledge.holds(x, Fact.NONPOSITIVE) is False
    assert knowledge.holds(x, Fact.BOOLEAN) is None
    assert Knowledge().holds(x, Fact.POSITIVE) is None
    assert not knowledge.knows(x, Fact.BOOLEAN)
    assert not knowledge.knows(x, Fact.NONPOSITIVE)


@pytest.mark.parametrize("fact", Fact)
def test_numbers_are_the_truth(fact: Fact) -> None:
    for value in (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[2.0, 0.5], [0.5, 1.0]])):
        x = variable((2, 2))
        assert Knowledge(values={x: value}).holds(x, fact) is decide(fact, value)
        assert Knowledge().holds(constant(value), fact) is decide(fact, value)


def test_a_label_that_is_given_is_one_hot() -> None:
    label, batch = variable((2,)), constant([[0.0, 1.0], [1.0, 0.0]])
    knowledge = Knowledge(values={label: np.array([0.0, 1.0])})
    assert knowledge.why(label, Fact.ONE_HOT) == "the given numbers"
    assert knowledge.knows(batch, Fact.ONE_HOT)
    assert not knowledge.knows(constant([1.0, 1.0]), Fact.ONE_HOT)


def test_a_large_matrix_is_factored_only_where_somebody_says_what_it_is() -> None:
    x = variable((300, 300))
    values = {x: np.eye(300)}
    assert Knowledge(values=values).holds(x, Fact.DIAGONAL) is True
    assert Knowledge(values=values).holds(x, Fact.INVERTIBLE) is None
    Knowledge(stated(x, Fact.POSITIVE_DEFINITE), values).check()
    with pytest.raises(DomainProblem, match=r"^x : positive_definite contradicts the given numb"):
        Knowledge(stated(x, Fact.POSITIVE_DEFINITE), {x: -np.eye(300)}).check()


def test_facts_go_through_names_and_bodies() -> None:
    x, t = variable((2,)), variable((2,))
    named = fresh(Same(), fresh(exp(x).operation, x))
    knowledge = Knowledge()
    assert knowledge.knows(named, Fact.POSITIVE)
    assert knowledge.knows(negate(named), Fact.NEGATIVE)
    assert knowledge.knows(half_squared_error(x, t), Fact.NONNEGATIVE)


@pytest.mark.parametrize(
    ("build", "fact", "because"),
    [
        (lambda x: x, Fact.NONZERO, "x : positive"),
        (softmax, Fact.NONNEGATIVE, "what softmax guarantees (every entry is above 0; no entry "),
        (
            lambda x: -x,
            Fact.NEGATIVE,
            "what negate does (the signs follow from those of the inputs), given x : positive",
        ),
        (
            lambda x: negate(fresh(add(x, exp(x)).operation, x, exp(x))),
            Fact.NONPOSITIVE,
            "what negate does (the signs follow from those of the inputs), given "
            "x : positive and what exp guarantees (every entry is above 0)",
        ),
        (lambda x: fresh(Same(), x), Fact.POSITIVE, "x : positive"),
        (lambda x: Assumed(("integer",))(x), Fact.INTEGER, "the assumption integer"),
        (lambda x: constant([1.0, 2.0]), Fact.POSITIVE, "the given numbers"),
        (lambda x: x, Fact.BOOLEAN, None),
        (lambda x: x, Fact.NEGATIVE, None),
    ],
)
def test_who_says_so(build: Callable[[Node], Node], fact: Fact, because: str | None) -> None:
    x = variable((2,))
    found = Knowledge(stated(x, Fact.POSITIVE)).why(build(x), fact)
    assert found == because or (because and found and found.startswith(because))


def test_two_declarations_together_are_a_reason() -> None:
    x = variable((2,))
    knowledge = Knowledge(stated(x, Fact.NONNEGATIVE, Fact.NONZERO))
    assert knowledge.why(x, Fact.POSITIVE) == "x : nonnegative and x : nonzero"


Case = tuple[Callable[[Node], Node], tuple[Fact, ...], tuple[Fact, ...], Array | None, str]
CONTRADICTIONS: dict[str, Case] = {
    "two declarations": (
        lambda x: x,
        (Fact.POSITIVE,),
        (Fact.NONPOSITIVE,),
        None,
        "y : nonpositive contradicts x : positive.",
    ),
    "three declarations": (
        lambda x: x,
        (Fact.NONNEGATIVE, Fact.NONPOSITIVE),
        (Fact.NONZERO,),
        None,
        "x : nonnegative and x : nonpositive and y : nonzero contradict each other.",
    ),
    "a declaration and numbers": (
        lambda x: x,
        (Fact.ONE_HOT,),
        (),
        np.array([[0.5, 0.5], [0.0, 1.0]]),
        "x : one_hot contradicts the given numbers: entry [0, 0] is 0.5.",
    ),
    "rows and numbers": (
        lambda x: x,
        (Fact.ROWS_SUM_TO_ONE,),
        (),
        np.array([[0.5, 0.5], [0.5, 1.0]]),
        "x : rows_sum_to_one contradicts the given numbers: row [1] sums to 1.5.",
    ),
    "a matrix and numbers": (
        lambda x: x,
        (Fact.INVERTIBLE,),
        (),
        np.ones((2, 2)),
        "x : invertible contradicts the given numbers.",
    ),
    "a declaration and an operation": (
        exp,
        (),
        (Fact.NONPOSITIVE,),
        None,
        "y : nonpositive contradicts what exp guarantees (every entry is above 0).",
    ),
    "a declaration and what follows from another": (
        lambda x: -x,
        (Fact.POSITIVE,),
        (Fact.NONNEGATIVE,),
        None,
        "y : nonnegative contradicts what negate does (the signs follow from those of the inputs), "
        "given x : positive.",
    ),
    "a declaration and what follows from numbers": (
        lambda x: x @ x,
        (),
        (Fact.NEGATIVE,),
        np.ones((2, 2)),
        "y : negative contradicts what matmul does (the signs follow from those of the inputs), "
        "given the given numbers.",
    ),
    "a declaration and a body": (
        lambda x: half_squared_error(x, exp(x)),
        (),
        (Fact.NEGATIVE,),
        None,
        "y : negative contradicts what half_squared_error stands for, given ",
    ),
    "a declaration and an assumption": (
        lambda x: Assumed(("skew_symmetric",))(x),
        (Fact.NONZERO,),
        (),
        None,
        "the assumption skew_symmetric contradicts x : nonzero.",
    ),
    "two sides of a name": (
        lambda x: fresh(Same(), x),
        (Fact.NEGATIVE,),
        (Fact.BOOLEAN,),
        None,
        "y : boolean contradicts x : negative.",
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_names_both_sides(case: Case) -> None:
    build, of_x, of_y, value, said = case
    x = variable((2, 2))
    y = build(x)
    declared = stated(x, *of_x)
    declared += [Declaration(y, fact, f"y : {fact.name.lower()}") for fact in of_y]
    knowledge = Knowledge(declared, {} if value is None else {x: value})
    with pytest.raises(DomainProblem) as found:
        knowledge.check(y)
    assert found.value.message.startswith(said)
    Knowledge(stated(x, *of_x[:1])).check()  # by itself it is no contradiction


def test_what_cannot_be_wrong_is_believed() -> None:
    x = variable((2,))
    given = Knowledge(stated(x, Fact.NEGATIVE), {x: np.array([1.0, 2.0])})
    assert given.holds(x, Fact.NEGATIVE) is False
    y = exp(x)
    declared = Knowledge([Declaration(y, Fact.NEGATIVE, "y : negative")])
    assert declared.holds(y, Fact.POSITIVE) is True


def test_an_empty_array_has_every_property_and_contradicts_nothing() -> None:
    x = variable((0,))
    Knowledge(stated(x, Fact.POSITIVE, Fact.NEGATIVE)).check()


def test_sizes_may_be_known_by_name_only() -> None:
    n, m = named_sizes("nm").values()
    x = variable((n, m))
    knowledge = Knowledge(stated(x, Fact.POSITIVE))
    assert knowledge.knows(x @ transpose(x), Fact.SYMMETRIC)
    assert knowledge.knows(mean(x), Fact.POSITIVE)
    assert knowledge.holds(median(x), Fact.POSITIVE) is None  # its body needs the numbers
    with pytest.raises(ShapeError, match=r"not \(n × m\)"):
        Knowledge(stated(x, Fact.SYMMETRIC)).check()


def test_nothing_of_it_is_loaded_until_something_is_assumed() -> None:
    code = (
        "import sys, numpy as np, chainrule as cr\n"
        "cr.grad(np.sum)(np.ones(2)), cr.assume(1.0, 'positive')\n"
        "print([name for name in sys.modules if 'rewrite' in name])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("fact", sorted(OF_MATRICES | OF_ROWS, key=str))
def test_a_fact_needs_an_array_that_can_have_it(fact: Fact) -> None:
    with pytest.raises(ShapeError, match=f"^{fact.name.lower()} needs "):
        Knowledge(stated(variable(()), fact)).check()
    with pytest.raises(ShapeError, match=r"symmetric needs a square matrix, .* not \(2 × 3\)"):
        Knowledge(stated(variable((2, 3)), Fact.SYMMETRIC)).check()


def test_a_chain_of_any_length_is_fine() -> None:
    x = variable((2,))
    y = exp(x)
    for at in range(50_000):
        y = add(y, sigmoid(x)) if at % 2 else fresh(Same(), y)
    knowledge = Knowledge([Declaration(y, Fact.POSITIVE, "y : positive")])
    assert knowledge.knows(y, Fact.POSITIVE)
    assert knowledge.why(y, Fact.POSITIVE)
    knowledge.check()
