"""assume: what is known of a quantity, on numbers and while tracing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DomainProblem, GradientWarning, NameProblem, ShapeError
from chainrule.graph.facts import OF_MATRICES, WORDS, Fact, decide
from chainrule.ops.assuming import fact_named

X = np.array([1.0, 4.0])
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])

OTHERWISE: dict[str, tuple[Any, str]] = {
    "positive": (np.array([1.0, 0.0]), "entry [1] is 0.0"),
    "negative": (np.array([[-1.0, -2.0], [-1.0, 3.0]]), "entry [1, 1] is 3.0"),
    "nonnegative": (-1.0, "it is -1.0"),
    "nonpositive": (np.array([0.0, 2.0]), "entry [1] is 2.0"),
    "nonzero": (np.array([1.0, 0.0]), "entry [1] is 0.0"),
    "at_most_one": (1.5, "it is 1.5"),
    "boolean": (np.array([0.0, 0.5]), "entry [1] is 0.5"),
    "integer": (np.array([2.0, 2.5]), "entry [1] is 2.5"),
    "rows_sum_to_one": (np.array([[0.5, 0.5], [1.0, 1.0]]), "row [1] sums to 2.0"),
    "one_hot": (np.array([[1.0, 0.0], [0.5, 0.5]]), "entry [1, 0] is 0.5"),
    "symmetric": (TURN, "entry [0, 1] is -1.0"),
    "skew_symmetric": (np.eye(2), "entry [0, 0] is 1.0"),
    "diagonal": (np.array([[1.0, 2.0], [2.0, 1.0]]), "entry [0, 1] is 2.0"),
    "positive_definite": (-np.eye(2), "it is not"),
    "orthogonal": (2 * np.eye(2), "it is not"),
    "invertible": (np.ones((2, 2)), "it is not"),
}
AS_SAID: dict[str, Any] = {
    "negative": -X,
    "nonpositive": -X,
    "at_most_one": -X,
    "boolean": np.array([1.0, 0.0]),
    "rows_sum_to_one": np.array([0.25, 0.75]),
    "one_hot": np.array([1.0, 0.0]),
    "skew_symmetric": TURN,
    "orthogonal": TURN,
} | {word: np.eye(2) for word in ("symmetric", "diagonal", "positive_definite", "invertible")}


@pytest.mark.parametrize("word", WORDS)
def test_numbers_are_looked_at(word: str) -> None:
    numbers, shown = OTHERWISE[word]
    with pytest.raises(DomainProblem) as found:
        cr.assume(numbers, word)
    assert found.value.message == f"it is assumed to be {word}, and {shown}."


@pytest.mark.parametrize("word", WORDS)
def test_it_is_the_quantity_itself(word: str) -> None:
    x = AS_SAID.get(word, X)
    assert cr.assume(x, word) is x
    assert cr.assume(x, **{word: True}) is x

    def loss(x: Any) -> Any:
        return np.sum(cr.assume(x, word) ** 2)

    np.testing.assert_array_equal(cr.grad(loss)(x), 2 * x)
    hessian = np.asarray(cr.hessian(loss)(x)).reshape(x.size, x.size)
    np.testing.assert_array_equal(hessian, 2 * np.eye(x.size))


def test_nothing_is_assumed_by_a_keyword_that_is_false() -> None:
    assert cr.assume(-X, positive=False) is not None
    assert cr.grad(lambda x: np.sum(cr.assume(x, positive=False)))(-X).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda x: cr.assume(x, "positve"), NameProblem, "Did you mean 'positive'?"),
        (lambda x: cr.assume(x, kind=True), NameProblem, "'kind' is not a fact. There are: pos"),
        (lambda x: cr.assume(x, "symmetric"), ShapeError, "symmetric needs a square matrix, or"),
        (lambda x: cr.assume(np.sum(x), "one_hot"), ShapeError, "needs at least one axis, not a n"),
        (
            lambda x: cr.assume(x, positive=True, negative=True),
            DomainProblem,
            "nothing can be both positive and negative",
        ),
        (
            lambda x: cr.assume(x, "boolean", "negative"),
            DomainProblem,
            "nothing can be both boolean and negative",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    call: Callable[[Any], Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as found:
        call(X)
    assert said in str(found.value)
    with pytest.raises(kind) as while_tracing:
        cr.grad(lambda x: np.sum(call(x)))(X)
    assert said in str(while_tracing.value)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (
            lambda x: cr.assume(np.exp(x), negative=True),
            "the assumption negative contradicts what exp guarantees (every entry is above 0).",
        ),
        (
            lambda x: cr.assume(cr.assume(x, positive=True) * 2, nonpositive=True),
            "the assumption nonpositive contradicts what multiply does (the signs follow from "
            "those of the inputs), given the assumption positive.",
        ),
        (
            lambda x: cr.assume(cr.assume(x, negative=True), positive=True),
            "the assumption positive contradicts the assumption negative.",
        ),
    ],
)
def test_what_contradicts_how_it_is_computed_is_refused(
    loss: Callable[[Any], Any], said: str
) -> None:
    with pytest.raises(DomainProblem) as found:
        cr.grad(lambda x: np.sum(loss(x)))(X)
    assert found.value.message == said
    assert found.value.place is not None


@pytest.mark.parametrize("word", WORDS)
def test_an_assumption_that_fails_is_warned_of(word: str) -> None:
    numbers, shown = OTHERWISE[word]

    def loss(x: Any) -> Any:
        return np.sum(cr.assume(x, word) ** 2)

    with pytest.warns(GradientWarning, match=f"assumed to be {word}, and {re.escape(shown)}"):
        cr.grad(loss)(numbers)


def test_no_root_of_zero_is_warned_of_where_it_is_assumed_away() -> None:
    np.testing.assert_array_equal(
        cr.grad(lambda x: np.sum(np.log(cr.assume(x, positive=True))))(X), 1 / X
    )


def test_the_table_is_right() -> None:
    for word, fact in WORDS.items():
        assert decide(fact, AS_SAID.get(word, X))
        assert not decide(fact, OTHERWISE[word][0])
    assert {fact for fact in Fact if np.ndim(AS_SAID.get(fact.name.lower(), X)) == 2} == OF_MATRICES


def test_a_fact_that_is_left_out_is_no_fact() -> None:
    """As `assume(x, known=[_])` in the paper language."""
    with pytest.raises(NameProblem, match="'None' is not a fact"):
        fact_named(None)  # type: ignore[arg-type]
