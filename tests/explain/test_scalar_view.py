"""The scalar view: what its pages say, that nothing is missing, and nothing is said in vain."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from tests.explain.derived import EXAMPLES, example, paper, said_by
from tests.explain.scalar_steps import SMALL, each_example, equations, line, lines, parts, steps

from chainrule.explain.explain import explanation
from chainrule.explain.language.catalogue import is_known, say
from chainrule.explain.topics import topics_of
from chainrule.notation.formula import FIRST_MARK, inline, typeset

# Pages of lectures.


def test_the_page_of_the_lecture() -> None:
    """003, problem 1: each node, each edge, each gradient as a product along its path."""
    found = equations(example("003-1.x1"))
    for expected in [
        "a1 = x2·W02 = 2·0.03 = 0.06",
        "e1 = d1 + c1 = 0.08 + 0.01 = 0.09",
        "f1 = sigmoid(e1) = sigmoid(0.09) ≈ 0.5225",
        "h1 = f1v1 ≈ 0.5225·0.02 ≈ 0.01045",
        "ŷ = h1 + h2 + h3 + v0 ≈ 0.01045 + 0.0156 + 0.0207 + 0.01 ≈ 0.05675",
        "∂L/∂ŷ = 2(ŷ-y) ≈ 2(0.05675-8) ≈ -15.89",
        "∂ŷ/∂h1 = 1",
        "∂h1/∂v1 = f1 ≈ 0.5225",
        "∂f1/∂e1 = f1(1-f1) ≈ 0.5225·(1-0.5225) ≈ 0.2495",
        "∂a1/∂W02 = x2 = 2",
        "∂ŷ/∂W00 = ∂ŷ/∂h1 · ∂h1/∂f1 · ∂f1/∂e1 · ∂e1/∂c1 · ∂c1/∂W00 = v1·f1·(1-f1)·x0 "
        "≈ 1 · 0.02 · 0.2495 · 1 · 1 ≈ 0.00499",
        "∂L/∂v1 = ∂L/∂ŷ · ∂ŷ/∂h1 · ∂h1/∂v1 = 2(ŷ-y)·f1 ≈ -15.89 · 1 · 0.5225 ≈ -8.3",
        "∂L/∂x0 ≈ -0.0007927 + (-0.003569) + (-0.003173) ≈ -0.007535",
    ]:
        assert expected in found


def test_entries_of_arrays() -> None:
    found = equations(example("000-C"))
    for expected in [
        "h0 = I0·W0[0,0] + I1·W0[1,0] = 2·1 + 1·2 = 4",
        "h1 = I0·W0[0,1] + I1·W0[1,1] = 2·(-2) + 1·5 = 1",
        "S0 = exp(O0)/(exp(O0)+exp(O1)) = exp(11)/(exp(11)+exp(-11)) ≈ 1",
        "∂S0/∂O1 = -S0S1 ≈ -1·(2.789e-10) ≈ -2.789e-10",
        "∂L0/∂h0 = [h0>0] = [4>0] = 1",
        "∂O/∂W1 = [L0 0 L1 0; 0 L0 0 L1] = [4 0 1 0; 0 4 0 1]",
        "∂l/∂O0 = ∂l/∂S0 · ∂S0/∂O0 + ∂l/∂S1 · ∂S1/∂O0 ≈ 0 + 1 ≈ 1",
        "∂l/∂S1 · ∂S1/∂O0 = label1/S1·S1·S0 ≈ (-3.585e9) · (-2.789e-10) ≈ 1",
        "∂l/∂W0 ≈ [12 -4; 6 -2]",
    ]:
        assert expected in found
    assert any("l = -(label0·log(S0)+label1·log(S1))" in one for one in found)


def test_a_batch_has_its_rows_in_the_names_of_entries() -> None:
    found = equations(SMALL)
    assert "u1 = X @ W + 0.5" in found
    assert "u1[1,0] = X10·W00 + X11·W10 + 0.5 = 0·0.5 + (-1)(-1) + 0.5 = 1.5" in found
    assert (
        "∂l/∂W10 = ∂l/∂ŷ00 · ∂ŷ00/∂u1[0,0] · ∂u1[0,0]/∂W10 + ∂l/∂ŷ10 · ∂ŷ10/∂u1[1,0] · "
        "∂u1[1,0]/∂W10 ≈ -0.5749 + (-0.2439) ≈ -0.8188"
    ) in found


def test_an_inner_result_is_introduced_where_it_is_needed() -> None:
    shown = lines(SMALL)
    assert any(one.startswith("u1 = X @ W + 0.5 [It has no name") for one in shown)
    again = equations(SMALL.replace("ŷ", "u1"))
    assert "v1 = X @ W + 0.5" in again


def test_indices_count_as_the_file_does() -> None:
    found = equations(example("001-A"))
    assert "y1[1,1] = x11·y11 + x12·y21 + z11 = 1·0.5 + 1·0.5 + 0.25 = 1.25" in found


@pytest.mark.parametrize(
    ("base", "first", "slope"),
    [
        ("index_base 1\n", "u1 = g(x)[1]", "∂u1/∂x2 = D(g)(x)[1, 2]"),
        ("", "u0 = g(x)[0]", "∂u0/∂x1 = D(g)(x)[0, 1]"),
    ],
)
def test_entries_of_a_function_count_as_the_file_does(base: str, first: str, slope: str) -> None:
    text = f"{base}x : R^2\ng : R^2 -> R^2\nf : R^2 -> R\nu = g(x)\ny = f(u)\n∂y/∂x"
    found = equations(text)
    assert first in found
    assert slope in found


def test_a_file_that_counts_from_1_says_so() -> None:
    read = paper(example("000-A2"))
    assert "Indices count from 1." in said_by(explanation(read, topics_of(read), "scalar"))
    read = paper(example("000-A3"))
    assert not any("count from" in one for one in said_by(explanation(read, topics_of(read))))


def test_paths_of_functions_without_a_formula_are_symbols() -> None:
    found = equations(example("000-A2"))
    assert "∂y/∂x1 = ∂y/∂u1 · ∂u1/∂x1 + ∂y/∂u2 · ∂u2/∂x1" in found
    assert "∂y/∂u2 = grad(f)(u)[2]" in found
    assert not any("≈" in one for one in found)


@pytest.mark.parametrize("problem", [path.stem for path in EXAMPLES])
def test_every_equation_has_two_sides(problem: str) -> None:
    if "R^n" in example(problem):
        return
    for step in steps(parts(example(problem))):
        says_something = step.sides or step.steps or (step.why and step.shape)
        assert step.kind != "quantity" or says_something, line(step)


def test_what_cannot_be_written_is_left_out_and_that_is_said() -> None:
    found = parts("X : R^(2 x 2)\nF : R^(2 x 2) -> R\ny = F(X)\nz = 2 * y\n∂z/∂X")
    assert all(one.sides for one in steps(found) if one.kind == "quantity")


# Batches.


def test_the_paths_of_examples_add_up() -> None:
    """Each entry of ∂E/∂v is a sum of three paths: one of each example."""
    shown = lines(example("003-1d"))
    examples = [re.search(r"\[path (\d), example (\d)\]", one) for one in shown]
    numbers = [one.groups() for one in examples if one]
    assert numbers == [("1", "1"), ("2", "2"), ("3", "3")] * (len(numbers) // 3)
    assert len(numbers) > 12
    said = [one for one in shown if "Each of the 3 examples has paths" in one]
    assert len(said) == 2
    assert not any("examples has" in one for one in lines(example("000-C")))


# Functions of arrays: their slopes are the entries of their own Jacobians.


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = [1, 2]\ny = softmax(x)\n∂y/∂x", "∂y0/∂x1 = -y0y1 ≈ -0.2689·0.7311 ≈ -0.1966"),
        (
            "x = [1, 2]\ny = logsumexp(x)\n∂y/∂x",
            "∂y/∂x0 = exp(x0)/(exp(x0)+exp(x1)) = exp(1)/(exp(1)+exp(2)) ≈ 0.2689",
        ),
        (  # rows that are equal have exact shares, whatever the others are
            "X = [[1, 1, 1], [0, 1, 1]]\nY = softmax(X)\n∂Y/∂X",
            "∂Y00/∂X01 = -Y00·Y01 = -(1/3)(1/3) = -1/9",
        ),
        ("X = [[1, 2], [3, 4]]\ny = softmax(Xᵀ)\n∂y/∂X", "∂y01/∂X00 = -y01·y00 ≈ "),
        ("x = [1, 2]\ny = softmax(concat(x, x))\n∂y/∂x", "∂y0/∂x0 = y0(1-y0) - y0y2 ≈ "),
        ("x = 1\nt = [1, 2]\ny = softmax(concat(x, cumsum(t)))\n∂y/∂x", "∂y1/∂x = -y1y0 ≈ "),
        ("x = ones(17)\ny = logsumexp(x)\n∂y/∂x", "∂y/∂x[16] = softmax(x)[16] = 1/17"),
    ],
)
def test_slopes_of_functions_of_arrays(text: str, found: str) -> None:
    assert any(one.startswith(found) for one in equations(text))


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_is_written_may_overflow_but_its_number_does_not(by_hand: bool) -> None:
    found = equations("x = [1000, 1001]\ny = logsumexp(x)\n∂y/∂x", by_hand=by_hand)
    written = "∂y/∂x0 = exp(x0)/(exp(x0)+exp(x1)) = exp(1000)/(exp(1000)+exp(1001)) ≈ 0.2689"
    assert written in found


# Nothing is missing, nothing is said in vain.


def test_a_quantity_that_is_read_on_another_way_too_has_a_total_derivative() -> None:
    found = equations("x = 3\ny = x^2\nz = y * x\ndz/dx")
    assert "dz/dx = ∂z/∂y · ∂y/∂x + ∂z/∂x = 18 + 9 = 27" in found
    assert "∂z/∂x = y = 9" in found


def test_entries_without_a_path_are_0_and_named() -> None:
    found = lines("x = [1, 2, 3]\ny = x[1]^2\nl = 2 * y\ndl/dx")
    assert "[No path leads there: ∂l/∂x0, ∂l/∂x2 = 0.]" in found
    assert "∂l/∂x = [0 8 0]" in found


def test_many_entries_without_a_path_are_counted() -> None:
    (said,) = [
        one for one in lines("x = ones(40)\ny = x[0]^2\nl = 2 * y\ndl/dx") if "path leads" in one
    ]
    assert "∂l/∂x1, ∂l/∂x2" in said
    assert "27 more are 0" in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("dl/dl", "Every quantity changes one for one with itself."),
        ("dx/dx", "Every quantity changes one for one with itself."),
        ("dl/dy", "l does not depend on y: the derivative is zero."),
        ("dx/dy", "x does not depend on y: the derivative is zero."),
    ],
)
def test_what_has_no_path_at_all(asked: str, said: str) -> None:
    shown = lines(f"x = [1, 2]\ny = [3, 4]\nl = sum(x)\n{asked}")
    assert any(said in one for one in shown)


@each_example
def test_no_mark_is_left_and_every_sentence_is_known(path: Path) -> None:
    found = steps(parts(path.read_text(encoding="utf-8"), by_hand=True, layout="denominator"))
    for step in found:
        for formula in [*([step.what] if step.what else []), *(one.formula for one in step.sides)]:
            assert not re.search(f"[{chr(FIRST_MARK)}-\uf8ff]", inline(formula) + typeset(formula))
        for said in (step.title, step.rule, step.why, *step.remarks):
            assert said is None or is_known(said.code, "en")


def test_parts_come_in_order() -> None:
    *found, verified = parts(SMALL)
    titles = [say(one.title) for one in found if one.title]
    assert verified.kind == "remark"
    assert titles == ["Scalar nodes", "Partial derivatives", "∂l/∂W"]
    for before, after in pairwise(titles):
        assert before != after
