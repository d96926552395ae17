"""Derivations: the lectures word by word, and every derivative that the examples ask for."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.explain.derived import (
    asked,
    dense,
    derived,
    every_example,
    every_example_with_numbers,
    example,
    explained,
    lines,
    paper,
    product,
    result_of,
)

from chainrule.explain.derivation import FactorStep
from chainrule.explain.derive import derive_all
from chainrule.explain.numbers.shown import Value
from chainrule.explain.solution import solve

# A question that is one derivative and nothing else: dl/dW1, ∂L/∂ŷ, D(F∘G)(2), grad(f)(1, 2).
NAMED = re.compile(r"[d∂](\w+)/[d∂](\w+)")
OF_A_FUNCTION = re.compile(r"(D|grad)\([\w∘]+\)\((\w+\([\d, ]+\)|[\d, ]+)\)")


# The worked lecture, word by word.

DL_DS = "∂l/∂S = -(label / S) = [-label0/S0  -label1/S1] ≈ [0 -3.58491e9]"
DS_DO = (
    "∂S/∂O = [S0(1-S0)  -S0S1; -S1S0  S1(1-S1)] "
    "≈ [2.78947e-10 -2.78947e-10; -2.78947e-10 2.78947e-10]"
)
DO_DW1 = "∂O/∂W1 = [L0 0 L1 0; 0 L0 0 L1] = [4 0 1 0; 0 4 0 1]"
DO_DL = "∂O/∂L = W1ᵀ = [W1[0,0]  W1[1,0]; W1[0,1]  W1[1,1]] = [3 -1; -3 1]"
DL_DH = "∂L/∂h = diag([h0>0], [h1>0]) = diag(1, 1)"
DH_DW0 = "∂h/∂W0 = [I0 0 I1 0; 0 I0 0 I1] = [2 0 1 0; 0 2 0 1]"


@pytest.mark.parametrize(
    ("wrt", "chain", "factors", "products", "result"),
    [
        (
            "W1",
            "∂l/∂W1 = ∂l/∂S · ∂S/∂O · ∂O/∂W1",
            [DL_DS, DS_DO, DO_DW1],
            ["∂l/∂O = ∂l/∂S · ∂S/∂O ≈ [1 -1]", "∂l/∂W1 = ∂l/∂O · ∂O/∂W1 ≈ [4 -4 1 -1]"],
            "∂l/∂W1 = outer(L, S - label) ≈ [4 -4; 1 -1]",
        ),
        (
            "W0",
            "∂l/∂W0 = ∂l/∂S · ∂S/∂O · ∂O/∂L · ∂L/∂h · ∂h/∂W0",
            [DL_DS, DS_DO, DO_DL, DL_DH, DH_DW0],
            [
                "∂l/∂O = ∂l/∂S · ∂S/∂O ≈ [1 -1]",
                "∂l/∂L = ∂l/∂O · ∂O/∂L ≈ [6 -2]",
                "∂l/∂h = ∂l/∂L · ∂L/∂h ≈ [6 -2]",
                "∂l/∂W0 = ∂l/∂h · ∂h/∂W0 ≈ [12 -4 6 -2]",
            ],
            "∂l/∂W0 = outer(I, (W1 @ (S - label)) * (h > 0)) ≈ [12 -4; 6 -2]",
        ),
    ],
)
def test_the_lecture_is_explained_factor_by_factor(
    wrt: str, chain: str, factors: list[str], products: list[str], result: str
) -> None:
    *shown, verified = lines(example("000-C"), "l", wrt)
    forward = shown.index("Forward pass")
    assert shown[0] == f"∂l/∂{wrt}"
    conventions = shown.index("Conventions")
    assert shown[conventions + 1] == "l is cross-entropy: summed over every entry."
    assert shown[forward + 1 : forward + 6] == [
        "h = I @ W0 = [2, 1] @ [[1, -2], [2, 5]] = [4 1]",
        "L = relu(h) = relu([4, 1]) = [4 1]",
        "O = L @ W1 = [4, 1] @ [[3, -3], [-1, 1]] = [11 -11]",
        "S = softmax(O) = softmax([11, -11]) ≈ [1 2.78947e-10]",
        "l = cross_entropy(S, label) ≈ cross_entropy([1, 2.78947e-10], [0, 1]) ≈ 22",
    ]
    equations = [line for line in shown[forward + 6 :] if " = " in line and line.startswith("∂")]
    assert equations == [chain, *factors, *products, result]
    assert "ReLU passes what is positive and stops the rest." in shown or wrt == "W1"
    assert verified.startswith("Verified by central differences of every entry: largest error ")


# Every derivative that the examples ask for.


@every_example_with_numbers
def test_the_result_is_the_answer_that_solve_gives(path: Path) -> None:
    read = paper(path.read_text(encoding="utf-8"))
    answers = {answer.text: answer.value for answer in solve(read).answers}
    checked = 0
    for question in read.questions:
        if not (NAMED.fullmatch(question.text) or OF_A_FUNCTION.fullmatch(question.text)):
            continue
        (found,) = derive_all(read, question.asked)
        assert found.result_shape == result_of(found).shape == answers[question.text].shape
        np.testing.assert_allclose(
            result_of(found), answers[question.text], rtol=1e-12, atol=1e-300
        )
        checked += 1
    assert checked >= sum(q.is_derivative for q in read.questions) - 2  # others are expressions


@every_example_with_numbers
def test_the_factors_that_are_printed_multiply_to_the_result(path: Path) -> None:
    found = asked(path.read_text(encoding="utf-8"))
    assert found
    for derivation in found:
        total, size = product(derivation.links)
        wanted = result_of(derivation).reshape(total.shape)
        assert (np.abs(total - wanted) <= 1e-13 * size).all(), derivation.chain
        for number, step in enumerate(derivation.products, start=2):
            total, size = product(derivation.links[:number])
            assert (np.abs(total - dense(step)) <= 1e-13 * size).all(), step.formula
            assert step.matrix_shape == total.shape


@every_example
def test_every_result_is_verified(path: Path) -> None:
    for derivation in asked(path.read_text(encoding="utf-8")):
        assert derivation.verified is not None
        assert derivation.verified.relative_error < 1e-6, derivation.chain


@every_example
def test_no_number_is_printed_as_zero_that_is_none(path: Path) -> None:
    for digits in (1, 3, 6):
        text = "\n".join(explained(path.read_text(encoding="utf-8"), digits))
        assert not re.search(r"(?<![\d.])-?0\.0+(?!\d)", text)


def test_a_wrong_factor_would_not_go_unseen() -> None:
    """The bound on the product is narrow: one per cent in one factor is far outside."""
    found = derived(example("002-A"), "L", "W1")
    first, *rest = found.links
    off = Value(1.01 * dense(first))
    wrong = FactorStep(**{name: getattr(first, name) for name in first.fields} | {"value": off})
    total, size = product((wrong, *rest))
    assert (np.abs(total - result_of(found).reshape(1, -1)) > 1e-13 * size).all()
