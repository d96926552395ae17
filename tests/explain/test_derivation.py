"""Derivations: the chain, its factors, their products, the result, and what is said beside them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.explain.derived import (
    EXAMPLES,
    asked,
    dense,
    derived,
    example,
    explained,
    lines,
    paper,
    product,
)

from chainrule.differentiate.factors import MOST_PATHS
from chainrule.explain.derivation import Derivation, FactorStep, ForkStep
from chainrule.explain.derive import derive_all
from chainrule.explain.plain import derivation_lines, explanation_lines
from chainrule.explain.solution import Answer, solve

every_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)

# A question that is one derivative and nothing else: dl/dW1, ∂L/∂ŷ, D(F∘G)(2), grad(f)(1, 2).
NAMED = re.compile(r"[d∂](\w+)/[d∂](\w+)")
OF_A_FUNCTION = re.compile(r"(D|grad)\([\w∘]+\)\((\w+\([\d, ]+\)|[\d, ]+)\)")


# The worked lecture, word by word.

DL_DS = """\
∂l/∂S   (1 × 2)   Each predicted share counts by minus its label over itself.
= -(label / S)
= [-label0/S0  -label1/S1]
= [0 -3.58491e9]
Convention: 0 · log 0 is taken as 0, and so is its slope."""
DS_DO = """\
∂S/∂O   (2 × 2)   Raising one input takes from every other share what it gives to its own.
= [S0(1-S0)  -S0S1; -S1S0  S1(1-S1)]
= [2.78947e-10 -2.78947e-10; -2.78947e-10 2.78947e-10]"""
DO_DW1 = """\
∂O/∂W1   (2 × 4)   In each factor the product is linear; its Jacobian holds the other factor.
= [L0 0 L1 0; 0 L0 0 L1]
= [4 0 1 0; 0 4 0 1]"""
DO_DL = """\
∂O/∂L   (2 × 2)   In each factor the product is linear; its Jacobian holds the other factor.
= W1ᵀ
= [W1[0,0]  W1[1,0]; W1[0,1]  W1[1,1]]
= [3 -1; -3 1]"""
DL_DH = """\
∂L/∂h   (2 × 2)   ReLU passes what is positive and stops the rest.
= diag([h0>0], [h1>0])
= diag(1, 1)
Convention: at 0 the derivative is taken as 0.
[c] is 1 where the condition c holds, else 0."""
DH_DW0 = """\
∂h/∂W0   (2 × 4)   In each factor the product is linear; its Jacobian holds the other factor.
= [I0 0 I1 0; 0 I0 0 I1]
= [2 0 1 0; 0 2 0 1]"""


@pytest.mark.parametrize(
    ("wrt", "chain", "factors", "products", "result"),
    [
        (
            "W1",
            "∂l/∂W1 = ∂l/∂S · ∂S/∂O · ∂O/∂W1",
            [DL_DS, DS_DO, DO_DW1],
            """\
            ∂l/∂O = ∂l/∂S · ∂S/∂O   (1 × 2)
            = [1 -1]
            ∂l/∂W1 = ∂l/∂O · ∂O/∂W1   (1 × 4)
            = [4 -4 1 -1]""",
            "∂l/∂W1 = outer(L, S * sum(label) - label) = [4 -4; 1 -1]",
        ),
        (
            "W0",
            "∂l/∂W0 = ∂l/∂S · ∂S/∂O · ∂O/∂L · ∂L/∂h · ∂h/∂W0",
            [DL_DS, DS_DO, DO_DL, DL_DH, DH_DW0],
            """\
            ∂l/∂O = ∂l/∂S · ∂S/∂O   (1 × 2)
            = [1 -1]
            ∂l/∂L = ∂l/∂O · ∂O/∂L   (1 × 2)
            = [6 -2]
            ∂l/∂h = ∂l/∂L · ∂L/∂h   (1 × 2)
            = [6 -2]
            ∂l/∂W0 = ∂l/∂h · ∂h/∂W0   (1 × 4)
            = [12 -4 6 -2]""",
            "∂l/∂W0 = [12 -4; 6 -2]",
        ),
    ],
)
def test_the_lecture_is_explained_factor_by_factor(
    wrt: str, chain: str, factors: list[str], products: str, result: str
) -> None:
    *shown, verified = lines(example("000-C"), "l", wrt)
    assert shown[:12] == [
        f"∂l/∂{wrt}",
        "======",
        "",
        "l is cross_entropy: summed over every entry.",
        "Numerator layout: rows are outputs, columns are inputs; arrays are flattened row by row.",
        "",
        "Forward",
        "h = I @ W0 = [2, 1] @ [[1, -2], [2, 5]] = [4, 1]",
        "L = relu(h) = relu([4, 1]) = [4, 1]",
        "O = L @ W1 = [4, 1] @ [[3, -3], [-1, 1]] = [11, -11]",
        "S = softmax(O) = softmax([11, -11]) = [1, 2.78947e-10]",
        "l = cross_entropy(S, label) = cross_entropy([1, 2.78947e-10], [0, 1]) = 22",
    ]
    assert shown[12:15] == ["", "Chain", chain]
    at = 15
    for factor in factors:
        expected = ["", *factor.splitlines()]
        assert shown[at : at + len(expected)] == expected
        at += len(expected)
    steps = [line.strip() for line in products.splitlines()]
    shape = f"Shape: 2 × 2, the shape of {wrt}."
    assert shown[at:] == ["", "Product, from the left", *steps, "", "Result", result, shape]
    found = re.fullmatch(
        r"Verified by central differences of every entry: "
        r"largest error (\S+) \(relative (\S+)\)\.",
        verified,
    )
    assert found
    assert 0 < float(found[2]) < float(found[1]) < 1e-8


# Every derivative that the examples ask for.


@every_example
def test_the_result_is_the_answer_that_solve_gives(path: Path) -> None:
    read = paper(path.read_text(encoding="utf-8"))
    answers = {answer.text: answer.value for answer in solve(read).answers}
    checked = 0
    for question in read.questions:
        if not (NAMED.fullmatch(question.text) or OF_A_FUNCTION.fullmatch(question.text)):
            continue
        (found,) = derive_all(read, question.asked)
        assert found.result_shape == found.result.shape == answers[question.text].shape
        np.testing.assert_allclose(found.result, answers[question.text], rtol=1e-12, atol=1e-300)
        checked += 1
    assert checked >= sum(q.is_derivative for q in read.questions) - 2  # others are expressions


@every_example
def test_the_factors_that_are_printed_multiply_to_the_result(path: Path) -> None:
    found = asked(path.read_text(encoding="utf-8"))
    assert found
    for derivation in found:
        total, size = product(derivation.links)
        wanted = derivation.result.reshape(total.shape)
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
    wrong = FactorStep(
        **{name: getattr(first, name) for name in first.fields} | {"numbers": 1.01 * dense(first)}
    )
    total, size = product((wrong, *rest))
    assert (np.abs(total - found.result.reshape(1, -1)) > 1e-13 * size).all()


# Forward lines: formula = numbers put in = value.


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = [1, 2]\ny = 3 * x^2", "y = 3 * x^2 = 3 * [1, 2]^2 = [3, 12]"),
        ("x = -2\ny = x^2", "y = x^2 = (-2)^2 = 4"),
        ("x = 0.25\ny = sqrt(x)", "y = sqrt(x) = sqrt(0.25) = 0.5"),
        ("x = [5, 6]\ny = x[1] * x[0]", "y = x[1] * x[0] = 6 * 5 = 30"),
        ("x = [1, 2]\ny = [x[0] + x[1], 1]", "y = [x[0] + x[1], 1] = [1 + 2, 1] = [3, 1]"),
        ("x = [[1, 2], [3, 4]]\ny = xᵀ", "y = xᵀ = [[1, 2], [3, 4]]ᵀ = [[1, 3], [2, 4]]"),
        ("x = 1e-9\ny = x / 3", "y = x / 3 = 1e-9 / 3 = 3.33333e-10"),
        ("x = 2\ny = x", "y = x = 2"),  # nothing to put in
        ("x = ones(17)\ny = sum(x)", "y = sum(x) = 17"),  # 17 numbers are no help
        ("x = ones(100)\ny = 2 * x", "y = 2 * x = an array of 100 entries"),
        ("x = 1000\ny = exp(x)", "y = exp(x) = exp(1000) = inf"),
    ],
)
def test_a_forward_line_has_the_numbers_put_in(text: str, line: str) -> None:
    assert line in lines(text, "y", "x")


def test_more_digits_are_put_in_when_asked_for() -> None:
    read = paper("x = 1\ny = x / 3\nz = 2 * y\ndz/dx")
    found = derive_all(read, read.questions[0].asked, digits=12)
    assert found[0].forward[1].substituted == "2 * 0.333333333333"


def test_a_forward_value_is_shown_where_it_is_first_needed() -> None:
    text = explained("x = 2\ny = x^2\nz = y^3\ndy/dx\ndz/dy")
    assert text.count("  y = x^2 = 2^2 = 4") == 1
    assert text.index("  z = y^3 = 4^3 = 64") > text.index("∂z/∂y") > text.index("Result")


def test_a_function_at_another_point_has_other_forward_values() -> None:
    text = explained("f(x) = x^3\nD(f)(1)\nD(f)(2)")
    assert "  f = x^3 = 1^3 = 1" in text
    assert "  f = x^3 = 2^3 = 8" in text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("f(x) = x^3\nD(f)(2)", "∂f/∂x at x = 2"),
        ("f(x) = sum(x^2)\ngrad(f)([1, -2])", "∂f/∂x at x = [1, -2]"),
        ("F(x, y) = [x + y, x * y]\nD(F)(1, 2)", "∂F/∂(x, y) at (x, y) = [1, 2]"),
        ("f(t) = sum(t)\ngrad(f)(ones(2, 3))", "∂f/∂t at t = [[1, 1, 1], [1, 1, 1]]"),
        ("f(t) = sum(t)\ngrad(f)(ones(7))", "∂f/∂t"),  # a longer point stands in Forward alone
        ("f(x) = x^3\nD(f)(1/3)", "∂f/∂x at x = 0.3333"),
        ("x = 2\ny = x^3\ndy/dx", "∂y/∂x"),  # a quantity of the file is where it is
    ],
)
def test_a_function_has_its_point_in_the_title(text: str, title: str) -> None:
    assert explained(text, digits=4)[:2] == [title, "=" * len(title)]


@pytest.mark.parametrize(
    "text",
    [
        "F(x, y) = [x^2 + y, x * y]\nD(F)(1, 2)",
        "F(x) = [sum(x), x[0]]\nG(t) = [t, t^2]\nD(F∘G)(2)",
        "f(x) = sin(x)\nD(D(f))(2)",
        "f(x) = x[1] * x[0]\nD(grad(f))([1, 2])",
        "f(x, y) = concat(x, y)\nD(f)([1, 2], [3])",
        "X = ones(2, 2)\nb = [1, 2]\ny = (X + b)[0] * b\n∂(2 * y)/∂b",
    ],
)
def test_no_line_shows_how_it_is_done_inside(text: str) -> None:
    shown = "\n".join(explained(text))
    assert not re.search(r"same\(|place\(|broadcast\(|<input>|\]\[", shown), shown


# Forks.


def ladder(rungs: int) -> str:
    """Two quantities, each made of both below: twice as many paths with every rung."""
    rows = ["x = 0.5", "a0 = sin(x)", "b0 = cos(x)"]
    for at in range(rungs):
        rows += [f"a{at + 1} = (a{at} + b{at}) / 2", f"b{at + 1} = sin(a{at} * b{at})"]
    return "\n".join([*rows, f"y = a{rungs} + b{rungs}"])


def chain_and_links(found: list[str]) -> str:
    """What is printed from the chain to the product or the result."""
    ends = [found.index(end) for end in ("Product, from the left", "Result") if end in found]
    return "\n".join(found[found.index("Chain") : min(ends) - 1])


def test_a_fork_is_a_sum_over_its_paths() -> None:
    text = """
        x = 3
        a = x^2
        b = 5 * x
        y = a * b
    """
    assert (
        chain_and_links(lines(text, "y", "x"))
        == """\
Chain
∂y/∂x = ∂y/∂a · ∂a/∂x + ∂y/∂b · ∂b/∂x

∂y/∂x   (1 × 1)   a sum over 2 paths
path 1: ∂y/∂a · ∂a/∂x
∂y/∂a   (1 × 1)   Each factor of a product has the other factor as its derivative.
= b
= 15
∂a/∂x   (1 × 1)   The exponent comes down in front and drops by one.
= 2x
= 6
product = 90
path 2: ∂y/∂b · ∂b/∂x
∂y/∂b   (1 × 1)   Each factor of a product has the other factor as its derivative.
= a
= 9
∂b/∂x   (1 × 1)   Each factor of a product has the other factor as its derivative.
= 5
product = 45
total = 135"""
    )


def test_a_fork_amid_a_chain_stands_in_parentheses() -> None:
    text = """
        x = [1, 2]
        u = exp(x)
        a = 2 * u
        y = a * u
        l = sum(y)
    """
    assert derived(text, "l", "x").chain == "∂l/∂y · (∂y/∂a · ∂a/∂u + ∂y/∂u) · ∂u/∂x"


@pytest.mark.parametrize(
    ("formula", "chain"),
    [
        ("a + b + c", "∂y/∂a · ∂a/∂x + ∂y/∂b · ∂b/∂x + ∂y/∂c · ∂c/∂x"),
        ("c * (b - a)", "∂y/∂c · ∂c/∂x + ∂y/∂b · ∂b/∂x + ∂y/∂a · ∂a/∂x"),
        ("b / x", "∂y/∂b · ∂b/∂x + ∂y/∂x"),
        ("x / b", "∂y/∂x + ∂y/∂b · ∂b/∂x"),
        ("sin(c) * a + c", "∂y/∂c · ∂c/∂x + ∂y/∂a · ∂a/∂x"),
    ],
)
def test_paths_stand_in_the_order_of_the_formula(formula: str, chain: str) -> None:
    text = f"x = 0.5\na = sin(x)\nb = cos(x)\nc = exp(x)\ny = {formula}"
    assert derived(text, "y", "x").chain == chain


# Read directly and through others: ∂ is the direct part, d the whole.

DIRECT = """
a = 2
y = a^2
z = y * a
l = z^2
k = 3 * a
"""


@pytest.mark.parametrize(
    ("of", "wrt", "equation"),
    [
        ("z", "a", "dz/da = ∂z/∂y · ∂y/∂a + ∂z/∂a"),
        ("l", "a", "∂l/∂a = ∂l/∂z · (∂z/∂y · ∂y/∂a + ∂z/∂a)"),
        ("y", "a", "∂y/∂a = ∂y/∂a"),
        ("z", "y", "∂z/∂y = ∂z/∂y"),
        ("l", "y", "∂l/∂y = ∂l/∂z · ∂z/∂y"),
    ],
)
def test_the_total_is_written_with_d_where_a_path_is_direct(
    of: str, wrt: str, equation: str
) -> None:
    found = derived(DIRECT, of, wrt)
    assert f"{found.symbol} = {found.chain}" == equation
    shown = lines(DIRECT, of, wrt)
    assert shown[:2] == [found.symbol, "=" * len(found.symbol)]
    assert any(line.startswith(f"{found.symbol} = ") for line in shown[shown.index("Result") :])


def test_no_symbol_has_two_values() -> None:
    """In a derivation each ∂ or d stands for one matrix, wherever it is printed."""
    forks = 0
    for text in [path.read_text(encoding="utf-8") for path in EXAMPLES]:
        for derivation in asked(text):
            steps = [*factors_of(derivation), *derivation.products]
            named = [(step.symbol, dense(step).reshape(-1).tolist()) for step in steps]
            named.append((derivation.symbol, derivation.result.reshape(-1).tolist()))
            forks += any(isinstance(link, ForkStep) for link in derivation.links)
            values: dict[str, list[float]] = {}
            for symbol, numbers in named:
                np.testing.assert_allclose(numbers, values.setdefault(symbol, numbers), rtol=1e-9)
    assert forks > 5


def factors_of(derivation: Derivation) -> list[FactorStep | ForkStep]:
    """The links, and the factors on their paths."""
    found: list[FactorStep | ForkStep] = list(derivation.links)
    for link in derivation.links:
        if isinstance(link, ForkStep):
            found += [factor for path in link.paths for factor in path]
    return found


def test_a_direct_path_has_no_product_of_its_own() -> None:
    assert (
        chain_and_links(lines(DIRECT, "l", "a"))
        == """\
Chain
∂l/∂a = ∂l/∂z · (∂z/∂y · ∂y/∂a + ∂z/∂a)

∂l/∂z   (1 × 1)   The exponent comes down in front and drops by one.
= 2z
= 16

dz/da   (1 × 1)   a sum over 2 paths
= ∂z/∂y · ∂y/∂a + ∂z/∂a
path 1: ∂z/∂y · ∂y/∂a
∂z/∂y   (1 × 1)   Each factor of a product has the other factor as its derivative.
= a
= 2
∂y/∂a   (1 × 1)   The exponent comes down in front and drops by one.
= 2a
= 4
product = 8
path 2: ∂z/∂a
∂z/∂a   (1 × 1)   Each factor of a product has the other factor as its derivative.
= y
= 4
total = 12"""
    )
    assert "∂l/∂a = ∂l/∂z · dz/da   (1 × 1)" in lines(DIRECT, "l", "a")


@every_example
def test_the_products_of_the_paths_sum_to_the_total(path: Path) -> None:
    for derivation in asked(path.read_text(encoding="utf-8")):
        for link in derivation.links:
            if isinstance(link, FactorStep):
                continue
            for factors, shown in zip(link.paths, link.path_products, strict=True):
                total, size = product(factors)
                assert (np.abs(total - dense(shown)) <= 1e-13 * size).all()
                assert shown.formula == " · ".join(factor.symbol for factor in factors)
            total = np.sum([dense(one) for one in link.path_products], axis=0)
            np.testing.assert_allclose(total, dense(link), rtol=1e-12, atol=1e-13)


def test_a_factor_of_several_paths_is_written_out_once() -> None:
    text = """
        x = 0.5
        a = sin(x)
        b = a^2
        c = exp(a)
        u = b * c
        v = 2 * u + x
    """
    found = lines(text, "v", "x")
    assert "dv/dx = ∂v/∂u · ∂u/∂b · ∂b/∂a · ∂a/∂x + ∂v/∂u · ∂u/∂c · ∂c/∂a · ∂a/∂x + ∂v/∂x" in found
    for symbol in ("∂v/∂u", "∂u/∂b", "∂b/∂a", "∂a/∂x", "∂u/∂c", "∂c/∂a", "∂v/∂x"):
        assert sum(line.startswith(f"{symbol}   (") for line in found) == 1
    assert sum(line.startswith("product = ") for line in found) == 2


# One factor.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = 3\ny = x^2", ["= 2x", "= 6"]),
        ("x = 3\ny = sin(x)", ["= cos(x)", "= -0.989992"]),  # of a number the compact form alone
        ("x = [3, 1]\ny = x / 2", ["= diag(1/2, 1/2)", "= diag(0.5, 0.5)"]),
        ("x = [3, 1]\ny = 2 * x[0] - 5 * x[1]", ["= [2 -5]"]),  # the numbers say it all
    ],
)
def test_a_lone_factor_is_no_chain(text: str, shown: list[str]) -> None:
    found = lines(text, "y", "x")
    assert "Chain" not in found
    start = found.index("One local Jacobian")
    assert found[start + 1] == ""
    assert found[start + 2].startswith("∂y/∂x   (")
    assert found[start + 3 :][: len(shown) + 2] == [*shown, "", "Result"]


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("3 + x", "A sum moves one for one with each of its terms."),
        ("x * c", "Each factor of a product has the other factor as its derivative."),
        # also read elsewhere in the formula: the sentence would speak of one place
        ("x + x^2", ""),
        ("x * sin(x)", ""),
        ("x + x", ""),
        ("sin(2 * x)", ""),
    ],
)
def test_a_sentence_stands_where_it_says_everything(formula: str, sentence: str) -> None:
    (factor,) = derived(f"c = 2\nx = 3\ny = {formula}", "y", "x").links
    assert isinstance(factor, FactorStep)
    assert factor.sentence == sentence


# Which derivatives are explained, and what they answer.


def test_the_answer_is_shown_where_it_is_not_the_last_result() -> None:
    one, two = asked("x = 2\ny = x^3\nz = y^2\n∂z/∂y\n∂y/∂x")
    product_of_both = Answer("∂z/∂y · ∂y/∂x", np.array(192.0), True)
    shown = list(explanation_lines([([one, two], product_of_both)]))
    assert shown[-3:] == ["", "Answer", "  ∂z/∂y · ∂y/∂x = 192"]
    assert "Answer" not in list(explanation_lines([([one], None), ([two], None)]))


def test_an_answer_without_a_derivation_of_its_own_is_shown() -> None:
    (one,) = asked("x = 2\ny = x^3\ndy/dx")
    twice = Answer("2 * dy/dx", np.array(24.0), True)
    shown = list(explanation_lines([([one], None), ([], twice)]))
    assert shown[-3:] == ["", "Answer", "  2 * dy/dx = 24"]


def test_a_wide_answer_has_its_rows_below_each_other() -> None:
    value = np.array([[1 / 3] * 6, [2 / 3] * 6, [1] * 6])
    (one,) = asked("x = 2\ny = x^3\ndy/dx")
    *_, first, second, third = explanation_lines([([one], Answer("A", value, True))])
    assert first == "  A = [" + " ".join(["0.333333"] * 6) + ";"
    assert second == "       " + " ".join(["0.666667"] * 6) + ";"
    assert third == "       " + " ".join("1" * 6) + "]"


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
    assert [derivation.chain for derivation in found] == chains
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
    shown = [line.strip() for line in derivation_lines(found)]
    assert f"∂y/∂x   (1 × 1)   a sum over {count} paths" in shown
    assert fork.formula.count(" + ") == len(fork.paths) - (more is None)
    assert fork.formula.endswith(f" + {more}" if more else "∂b0/∂x")
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
            "Convention: at a tie a written number counts, else the first of the two.",
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
            "Convention: 0 · log 0 is taken as 0, and so is its slope.",
        ),
        ("p = [1, 2]\nl = mse(p, [0, 0])", "l", "p", "l is mse: mean over every entry."),
        (
            "p = [1, 2]\nl = squared_error(p, [0, 0])",
            "l",
            "p",
            "l is squared_error: summed over every entry.",
        ),
        (
            "p = [1, 2]\nl = sum(p^2) / 2",
            "l",
            "p",
            "l is summed and scaled as written: sum(p^2) / 2.",
        ),
        ("x = [1, 2]\ny = 2 * x", "y", "x", "Shape: 2 × 2, outputs × inputs."),
        ("x = [1, 2]\ny = sum(x)", "y", "x", "Shape: 2 entries, the shape of x."),
        ("W = [[1, 2]]\ny = W @ [3, 4]", "y", "W", "Shape: 1 × 2, outputs × inputs."),
        ("x = 2\ny = [x^2]", "y", "x", "Shape: 1 × 1, outputs × inputs."),
        ("x = 2\ny = x^2", "y", "x", "Shape: a number, the shape of x."),
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
    assert not re.search(r"Convention|batch|summed|mean|\[c\]", found)


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
    assert found.chain == "0"
    assert found.result.tolist() == np.zeros(shape).tolist()
    assert found.verified is None
    assert lines(text, of, wrt)[-1] == f"{of} does not depend on {wrt}: the derivative is zero."


@pytest.mark.parametrize(
    ("of", "chain", "result", "said"),
    [
        ("l", "1", 1.0, "the derivative is 1."),
        ("y", "I (2 × 2)", [[1, 0], [0, 1]], "the derivative is the identity."),
        ("x", "I (2 × 2)", [[1, 0], [0, 1]], "the derivative is the identity."),
    ],
)
def test_a_quantity_by_itself(of: str, chain: str, result: object, said: str) -> None:
    text = "x = [1, 2]\ny = 2 * x\nl = sum(y)"
    found = derived(text, of, of)
    assert (found.chain, found.result.tolist()) == (chain, result)
    assert lines(text, of, of)[-1].endswith(said)


@pytest.mark.parametrize("x", ["0", "1000"])
def test_where_differences_say_nothing_nothing_is_claimed(x: str) -> None:
    text = f"x = {x}\ny = relu(x) + exp(x^2)" if x == "1000" else "x = 0\ny = relu(x)"
    assert derived(text, "y", "x").verified is None
    assert lines(text, "y", "x")[-1].startswith("Not verified: ")


def test_a_kink_in_one_entry_leaves_the_others_checked() -> None:
    found = derived("x = [0, 1, -1]\ny = relu(x)\nl = sum(y^2 + y)", "l", "x")
    assert found.verified is not None
    assert "1 of 3 left out, at a kink" in found.verified.method
    assert found.result.tolist() == [0, 3, 0]


# Sizes and names.


def large_layer() -> str:
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=30).round(2), rng.normal(size=(30, 40)).round(2)
    return f"x = {x.tolist()}\nW = {W.tolist()}\nh = tanh(x @ W)\nl = sum(h^2)"


@pytest.mark.parametrize("of", ["l", "h"])
def test_a_large_array_is_not_printed_in_full(of: str) -> None:
    found = derived(large_layer(), of, "W")
    shown = list(derivation_lines(found))
    assert found.result.size == (1200 if of == "l" else 48_000)
    assert sum(map(len, shown)) < 4_000
    result = next(line for line in shown if line.startswith(f"  ∂{of}/∂W = ") and "from" in line)
    shape = "30 × 40" if of == "l" else "40 × 1200"
    low, high = found.result.min(), found.result.max()
    assert result.endswith(f"{shape} numbers from {low:.6g} to {high:.6g}")
    assert found.verified is not None
    assert found.verified.relative_error < 1e-6
    assert "random directions" in found.verified.method


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("x = 1e-10\ny = x^2", "= 2e-10"),
        ("x = -30\ny = sigmoid(x)", "= 9.35762e-14"),
        ("x = [1e-5, 1]\ny = x^3", "= diag(3e-10, 3)"),
        ("x = 0.0004\ny = x^2", "= 0.0008"),
    ],
)
def test_small_numbers_keep_their_digits(text: str, numbers: str) -> None:
    assert numbers in lines(text, "y", "x")


def test_names_count_from_one_where_the_file_does() -> None:
    text = """
        index_base 1
        x = [2, 3]
        W = [[1, 2], [3, 4]]
        a = x[1]
        b = a * x[2]
        h = W @ x
        t = x[1:2]
    """
    assert "= [W11 W12; W21 W22]" in lines(text, "h", "x")
    assert "= [x1 x2 0 0; 0 0 x1 x2]" in lines(text, "h", "W")
    found = lines(text, "b", "a")
    assert "a = x[1] = 2" in found
    assert "∂b/∂a = x[2] = 3" in found
    assert "t = x[1:2] = [2, 3]" in lines(text, "t", "x")


def test_entries_have_brackets_where_their_short_name_is_taken() -> None:
    text = """
        h = [1, 2, 3]
        h1 = 4
        y = h * h1
        l = sum(h^2)
    """
    assert "= [h0; h[1]; h2]" in lines(text, "y", "h1")
    assert "= diag(h1, h1, h1)" in lines(text, "y", "h")
    assert "= [2h0  2h[1]  2h2]" in lines(text, "l", "h")


def test_a_composition_is_a_chain_through_the_value_between() -> None:
    *_, composed = asked(example("003-2c"))
    assert composed.chain == "∂(F∘G)/∂G · ∂G/∂x"
    shown = [line.strip() for line in derivation_lines(composed)]
    assert "= [2G0 2; 3 8G1]" in shown
    assert "∂(F∘G)/∂x = [12; 131]" in shown
