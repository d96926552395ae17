"""Derivations: single factors, what is explained, what is said beside the numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tests.explain.derived import (
    asked,
    derived,
    equation_of,
    explained,
    ladder,
    lines,
    product,
    result_of,
    text_of,
)

from chainrule.differentiate.factors import MOST_PATHS
from chainrule.explain.derivation import FactorStep, ForkStep
from chainrule.explain.language.catalogue import say
from chainrule.notation.formula import inline

# One factor.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = 3\ny = x^2", "= 2x = 6"),
        ("x = 3\ny = sin(x)", "= cos(x) ≈ -0.989992"),  # of a number the compact form alone
        ("x = [3, 1]\ny = x / 2", "= diag(1/2, 1/2) = diag(0.5, 0.5)"),
        ("x = [3, 1]\ny = 2 * x[0] - 5 * x[1]", "= [2 -5]"),  # the numbers say it all
    ],
)
def test_a_lone_factor_is_no_chain(text: str, shown: str) -> None:
    found = lines(text, "y", "x")
    assert "chain rule" not in found
    assert "Product, from the left" not in found
    assert equation_of("∂y/∂x", found) == shown


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("3 + x", "A sum changes one for one with each of its terms."),
        ("x * c", "The derivative of a product with respect to one factor is the other factor."),
        ("(2 * x - 3)^2", "The exponent comes down in front and drops by one."),
        (
            "x + x^2",
            "The exponent comes down in front and drops by one. The variable is used in several "
            "places, and its effects there add up.",
        ),
        ("sin(2 * x)", ""),  # it is taken apart, and each operation has its own
        ("x * sin(x)", ""),
    ],
)
def test_a_sentence_stands_where_it_says_everything(formula: str, sentence: str) -> None:
    (factor,) = derived(f"c = 2\nx = 3\ny = {formula}", "y", "x").links
    assert isinstance(factor, FactorStep)
    assert (say(factor.sentence) if factor.sentence else "") == sentence


# Which derivatives are explained, and what they answer.


def test_the_answer_is_shown_where_it_is_not_the_last_result() -> None:
    shown = explained("x = 2\ny = x^3\nz = y^2\n∂z/∂y · ∂y/∂x")
    assert shown[-2:] == ["Answers", "∂z/∂y · ∂y/∂x = 192"]
    assert "Answers" not in explained("x = 2\ny = x^3\nz = y^2\n∂z/∂y\n∂y/∂x")


def test_an_answer_without_a_derivation_of_its_own_is_shown() -> None:
    shown = explained("x = 2\ny = x^3\ndy/dx\n2 * dy/dx\ny + 1")
    assert shown[-3:] == ["Answers", "2 * dy/dx = 24", "y + 1 = 9"]


@pytest.mark.parametrize(
    ("text", "chains"),
    [
        ("x = 2\ny = x^3\n∂(2*y)/∂x", ["∂(2*y)/∂y · ∂y/∂x"]),
        ("x = [1, 2]\nS = softmax(x)\ndS[0]/dx[1]", ["∂S[0]/∂S · ∂S/∂x"]),
        ("x = 2\ny = x^3\n∂(∂y/∂x)/∂x", ["∂y/∂x", "∂(∂y/∂x)/∂x"]),
        ("x = 2\ny = x^3\nz = y^2\n∂z/∂y · ∂y/∂x", ["∂z/∂y", "∂y/∂x"]),
        ("x = 2\nl = x^3\n∂(l + x)/∂x", ["∂(l + x)/∂l · ∂l/∂x + ∂(l + x)/∂x"]),
    ],
)
def test_every_kind_of_question_has_its_derivations(text: str, chains: list[str]) -> None:
    found = asked(text)
    assert [text_of(derivation.chain) for derivation in found] == chains
    assert all(derivation.verified is not None for derivation in found)


@pytest.mark.parametrize(
    ("rungs", "count", "more"),
    [
        (1, "4", None),
        (2, "8", None),
        (3, "16", "… 4 more paths"),
        (19, "1,048,576", "… 1,048,564 more paths"),
        (39, "1,099,511,627,776", "… 1,099,511,627,764 more paths"),
    ],
)
def test_all_paths_are_counted_and_twelve_are_shown(
    rungs: int, count: str, more: str | None
) -> None:
    found = derived(ladder(rungs), "y", "x")
    (fork,) = found.links
    assert isinstance(fork, ForkStep)
    assert fork.count == 2 ** (rungs + 1)
    assert len(fork.paths) == min(fork.count, MOST_PATHS)
    assert f"sum over {count} paths" in lines(ladder(rungs), "y", "x")
    assert inline(fork.formula).count(" + ") == len(fork.paths) - (more is None)
    assert inline(fork.formula).endswith(f" + {more}" if more else "∂b0/∂x")
    assert found.chain == fork.formula  # a lone sum has no parentheses
    assert found.verified is not None
    assert found.verified.relative_error < 1e-6


def test_the_total_counts_the_paths_that_are_not_shown() -> None:
    fork = derived(ladder(3), "y", "x").links[0]
    assert isinstance(fork, ForkStep)
    assert fork.numbers is not None
    shown = sum(product(path)[0] for path in fork.paths)
    assert abs(shown - fork.numbers) > 0.1 * abs(fork.numbers)


# What is said beside the numbers.


@pytest.mark.parametrize(
    ("text", "of", "wrt", "remark"),
    [
        (
            "X = [[1, 2], [3, 4], [5, 6]]\nW = [[1], [2]]\ny = X @ W",
            "y",
            "W",
            "One W serves all 3 rows of y, so multiplying by this factor sums over these rows "
            "(the batch, where rows are examples).",
        ),
        (
            "X = [[1, 2], [3, 4]]\nb = [1, 1]\ny = X + b",
            "y",
            "b",
            "One b serves all 2 rows of y, so multiplying by this factor sums over these rows "
            "(the batch, where rows are examples).",
        ),
        ("x = [0, 1]\ny = relu(x)", "y", "x", "Convention: at 0 the derivative is taken as 0."),
        ("x = [0, 1]\ny = abs(x)", "y", "x", "Convention: at 0 the derivative is taken as 0."),
        (
            "x = 0\ny = max(0, x)",
            "y",
            "x",
            "Convention: at a tie a number written in the formula counts, else the first of the "
            "two.",
        ),
        *[
            (text, "y", "x", "[c] is 1 where the condition c holds, else 0.")
            for text in (
                "x = [0, 1]\ny = relu(x)",
                "x = 1\ny = max(x, 0.5)",
                "x = [[1, 2], [3, 4]]\ny = relu(x)",
                "x = 1\nz1 = [2, 3]\ny = x * relu(z1)[0] + max(z1[0], x)",
            )
        ],
        (
            "p = [0, 1]\nl = cross_entropy(p, [0, 1])",
            "l",
            "p",
            "Convention: 0 · log 0 is taken as 0, and so is its derivative.",
        ),
        (
            "p = [1, 2]\nl = mse(p, [0, 0])",
            "l",
            "p",
            "l is mean squared error: mean over every entry.",
        ),
        (
            "p = [1, 2]\nl = squared_error(p, [0, 0])",
            "l",
            "p",
            "l is squared error: summed over every entry.",
        ),
        (
            "p = [1, 2]\nl = sum(p^2) / 2",
            "l",
            "p",
            "l is summed and scaled as written: sum(p^2) / 2.",
        ),
        ("x = [1, 2]\ny = 2 * x", "y", "x", "Its shape is outputs × inputs."),
        ("x = [1, 2]\ny = sum(x)", "y", "x", "It has the shape of x."),
        ("W = [[1, 2]]\ny = W @ [3, 4]", "y", "W", "Its shape is outputs × inputs."),
        ("x = 2\ny = [x^2]", "y", "x", "Its shape is outputs × inputs."),
        ("x = 2\ny = x^2", "y", "x", "It has the shape of x."),
    ],
)
def test_what_holds_is_said(text: str, of: str, wrt: str, remark: str) -> None:
    assert remark in lines(text, of, wrt)


@pytest.mark.parametrize(
    ("text", "of", "wrt"),
    [
        ("x = [1, 2]\ny = 2 * x", "y", "x"),  # smooth, no batch, no loss
        ("x = [1, 2]\nW = [[1, 2], [3, 4]]\ny = x @ W", "y", "W"),  # one row is no batch
        ("X = [[1, 2], [3, 4]]\nW = [[1, 2], [3, 4]]\ny = X @ W", "y", "X"),  # each row has its own
        ("x = [1, 2]\ns = sum(x^2)\ny = s / 2", "y", "x"),  # the sum is in the formula of s
        ("x = [1, 2]\nS = softmax(x)\ny = S[0]", "y", "x"),
    ],
)
def test_nothing_is_said_where_nothing_is_to_be_said(text: str, of: str, wrt: str) -> None:
    found = "\n".join(lines(text, of, wrt))
    assert not re.search(r"Convention:|batch|summed|mean|\[c\]", found)


@pytest.mark.parametrize(
    ("text", "of", "wrt", "shape"),
    [
        ("x = 1\nz = [1, 2]\ny = x^2", "y", "z", (2,)),
        ("x = [1, 2]\nz = [3, 4, 5]\ny = x^2", "y", "z", (2, 3)),
        ("x = [1, 2]\nz = x > 1", "z", "x", (2, 2)),  # a comparison is flat
    ],
)
def test_no_dependence_is_a_zero_that_is_said(
    text: str, of: str, wrt: str, shape: tuple[int, ...]
) -> None:
    found = derived(text, of, wrt)
    assert text_of(found.chain) == "0"
    assert result_of(found).tolist() == np.zeros(shape).tolist()
    assert found.verified is None
    assert lines(text, of, wrt)[-1] == f"{of} does not depend on {wrt}: the derivative is zero."


@pytest.mark.parametrize(
    ("of", "chain", "result", "said"),
    [
        ("l", "1", 1.0, "Every quantity changes one for one with itself."),
        ("y", "I (2 × 2)", [[1, 0], [0, 1]], "Every quantity changes one for one with itself."),
        ("x", "I (2 × 2)", [[1, 0], [0, 1]], "Every quantity changes one for one with itself."),
    ],
)
def test_a_quantity_by_itself(of: str, chain: str, result: object, said: str) -> None:
    text = "x = [1, 2]\ny = 2 * x\nl = sum(y)"
    found = derived(text, of, of)
    assert (text_of(found.chain), result_of(found).tolist()) == (chain, result)
    assert lines(text, of, of)[-1].endswith(said)


@pytest.mark.parametrize("x", ["0", "1000"])
def test_where_differences_say_nothing_nothing_is_claimed(x: str) -> None:
    text = f"x = {x}\ny = relu(x) + exp(x^2)" if x == "1000" else "x = 0\ny = relu(x)"
    assert derived(text, "y", "x").verified is None
    assert any(line.startswith("Not verified: ") for line in lines(text, "y", "x"))


def test_a_kink_in_one_entry_leaves_the_others_checked() -> None:
    found = derived("x = [0, 1, -1]\ny = relu(x)\nl = sum(y^2 + y)", "l", "x")
    assert found.verified is not None
    assert "1 of 3 left out, at a kink" in found.verified.method
    assert result_of(found).tolist() == [0, 3, 0]
