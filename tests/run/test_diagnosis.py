"""What students hand in as gradients, and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Array
from chainrule.run.diagnosis import Diagnosis, diagnose, diagnose_found, lines, plain
from chainrule.run.differences import numerical_gradient

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(5, 3))  # five examples
W = RANDOM.normal(size=(3, 4))
V = RANDOM.normal(size=(4, 2))
B = RANDOM.normal(size=4)
S = RANDOM.normal(size=(3, 3))
Z = RANDOM.normal(size=(2, 3))
T = np.eye(4)[[0, 2, 1, 3, 0]]
EXAMPLES = {"examples": 5}


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def squared(W: Any) -> Any:
    """½‖σ(XW)‖², one layer."""
    return 0.5 * (sigmoid(X @ W) ** 2).sum()


def two_layers(W: Any) -> Any:
    return 0.5 * (sigmoid(sigmoid(X @ W) @ V) ** 2).sum()


def entropy(W: Any) -> Any:
    """The cross-entropy of a softmax, summed over the examples."""
    return -(T * np.log(softmax(X @ W))).sum()


Y = sigmoid(X @ W)
DELTA = Y * Y * (1 - Y)
SQUARED = X.T @ DELTA
Y2 = sigmoid(Y @ V)
DELTA2 = Y2 * Y2 * (1 - Y2)
TWO = X.T @ ((DELTA2 @ V.T) * Y * (1 - Y))
P = softmax(X @ W)
ENTROPY = X.T @ (P - T)
U = np.array([1.0, -2.0, 0.5])
ROWS = np.arange(3)[:, None]
COLUMNS = np.arange(4)
SOFT = softmax(U)


class Case:
    """A function, where, what was claimed, and the kind of mistake that it is ("" for right)."""

    def __init__(
        self, name: str, f: Callable[..., Any], x: Any, claimed: Any, kind: str, **clues: Any
    ) -> None:
        self.name, self.f, self.x, self.claimed, self.kind = name, f, x, claimed, kind
        self.clues = clues


CASES = [
    # A sigmoid layer.
    Case("right", squared, W, SQUARED, ""),
    Case("two layers", two_layers, W, TWO, ""),
    Case("sign", squared, W, -SQUARED, "sign_flipped"),
    Case("½ forgotten", squared, W, 2 * SQUARED, "constant_factor"),
    Case("mean for sum", squared, W, SQUARED / 5, "constant_factor", sizes=EXAMPLES),
    Case("sum for mean", lambda W: squared(W) / 5, W, SQUARED, "constant_factor", sizes=EXAMPLES),
    Case("mean for sum, y − t for t − y", squared, W, -SQUARED / 5,
         "sign_flipped_and_constant_factor", sizes=EXAMPLES),
    Case("transposed", squared, W, SQUARED.T, "transposed"),
    Case("transposed, sign", squared, W, -SQUARED.T, "transposed_and_sign_flipped"),
    Case("transposed, twice", squared, W, 2 * SQUARED.T, "transposed_and_constant_factor"),
    Case("σ′ forgotten", squared, W, X.T @ Y, "known_mistake",
         variants={"σ′ is left out.": X.T @ Y}),
    Case("first layer's σ′ forgotten", two_layers, W, X.T @ (DELTA2 @ V.T), "known_mistake",
         variants={"σ′ of the last layer is left out.": TWO * 2,
                   "σ′ of the first layer is left out.": X.T @ (DELTA2 @ V.T)}),
    Case("only the first example", squared, W, np.outer(X[0], DELTA[0]), "one_example",
         contributions=np.einsum("ni,nj->nij", X, DELTA)),
    Case("the sum over examples", squared, W, np.einsum("ni,nj->nij", X, DELTA), "missing_sum"),
    Case("the mean over examples", lambda W: squared(W) / 5, W, np.einsum("ni,nj->nij", X, DELTA),
         "missing_mean"),
    Case("the bias's sum", lambda b: (sigmoid(X @ W + b) ** 2).sum() / 2, B * 0, DELTA,
         "missing_sum"),
    Case("the bias's sum, sign", lambda b: (sigmoid(X @ W + b) ** 2).sum() / 2, B * 0, -DELTA,
         "missing_sum_and_sign_flipped"),
    Case("a bias of shape (1, 4)", lambda b: (sigmoid(X @ W + b) ** 2).sum() / 2, B[None] * 0,
         DELTA.sum(0), "wrong_shape"),
    Case("flattened", squared, W, SQUARED.ravel(), "wrong_shape"),
    Case("flattened by columns", squared, W, SQUARED.ravel("F"), "flattened_by_columns"),
    Case("some other shape", squared, W, np.ones((7, 7)), "wrong_shape"),
    Case("one row's sign", squared, W, np.where(ROWS == 1, -1, 1) * SQUARED,
         "part_wrong_and_sign_flipped"),
    Case("one column never filled", squared, W, np.where(COLUMNS == 3, 0, 1) * SQUARED, "unset"),
    Case("nothing filled", squared, W, np.zeros((3, 4)), "all_zero"),
    Case("one row doubled", squared, W, np.where(ROWS == 2, 2, 1) * SQUARED,
         "part_wrong_and_constant_factor"),
    Case("one entry", squared, W, SQUARED + ((ROWS == 1) & (COLUMNS == 2)), "part_wrong"),
    Case("rows reversed", squared, W, SQUARED[::-1], "reversed"),
    Case("off by one", squared, W, np.roll(SQUARED, 1, axis=1), "shifted"),
    Case("rows in another order", squared, W, SQUARED[:, [1, 0, 3, 2]], "permuted"),
    Case("clipped", squared, W, np.clip(SQUARED, -0.1, 0.1), "clipped"),
    Case("normalised", squared, W, SQUARED / np.linalg.norm(SQUARED), "normalized"),
    Case("nan", squared, W, np.where(ROWS == 1, np.nan, SQUARED), "not_finite"),
    Case("a decay too many", squared, W, SQUARED + 0.01 * W, "extra_term"),
    Case("a decay forgotten", lambda W: squared(W) + 0.05 * (W**2).sum(), W, SQUARED,
         "missing_term"),
    Case("a lasso forgotten", lambda W: squared(W) + 0.1 * np.abs(W).sum(), W, SQUARED,
         "missing_term"),
    Case("noise", squared, W, np.random.default_rng(9).normal(size=(3, 4)), "none"),
    # Softmax and cross-entropy.
    Case("cross-entropy", entropy, W, ENTROPY, ""),
    Case("t − p", entropy, W, X.T @ (T - P), "sign_flipped"),
    Case("mean entropy", lambda W: entropy(W) / 5, W, ENTROPY, "constant_factor", sizes=EXAMPLES),
    Case("to the logits", lambda z: -(T * np.log(softmax(z))).sum(), X @ W, P - T, ""),
    Case("saturated", lambda z: -np.log(softmax(z))[0], np.array([36.0, 0, 0]),
         softmax(np.array([36.0, 0, 0])) - [1, 0, 0], ""),
    Case("p alone", lambda z: -(T * np.log(softmax(z))).sum(), X @ W, P, "part_wrong"),
    Case("softmax", softmax, U, np.diag(SOFT) - np.outer(SOFT, SOFT), ""),
    Case("softmax as if entrywise", softmax, U, np.diag(SOFT * (1 - SOFT)), "diagonal_only"),
    Case("softmax, sign off the diagonal", softmax, U, np.diag(SOFT) - np.outer(SOFT, SOFT)
         + 2 * (1 - np.eye(3)) * np.outer(SOFT, SOFT), "part_wrong_and_sign_flipped"),
    # Elementwise functions.
    Case("σ", lambda z: sigmoid(z).sum(), Z, sigmoid(Z) * (1 - sigmoid(Z)), ""),
    Case("σ′ = σ", lambda z: sigmoid(z).sum(), Z, sigmoid(Z), "none"),
    Case("no σ′", lambda z: (sigmoid(z) * X[:2]).sum(), Z, X[:2], "missing_factor"),
    Case("σ′ twice", lambda z: sigmoid(z).sum(), Z, (sigmoid(Z) * (1 - sigmoid(Z))) ** 2,
         "extra_factor"),
    Case("no tanh′, sign", lambda z: np.tanh(z).sum(), Z, -np.ones((2, 3)),
         "missing_factor_and_sign_flipped"),
    Case("a factor that the caller knows", lambda z: np.sinh(z).sum(), Z, np.ones((2, 3)),
         "missing_factor", local_factors={"cosh(z)": np.cosh(Z)}),
    Case("x for 2x", lambda z: (z**2).sum(), Z, Z, "constant_factor"),
    Case("3x³", lambda z: (z**3).sum(), Z, 3 * Z**3, "extra_factor"),
    Case("1/x for log's", lambda z: np.log(z).sum(), Z**2, Z**2, "reciprocal"),
    Case("cos for −sin", lambda z: np.cos(z).sum(), Z, np.sin(Z), "sign_flipped"),
    Case("relu, no mask", lambda z: (np.maximum(z, 0) * X[:2]).sum(), Z, X[:2], "missing_mask"),
    Case("relu at the kink", lambda z: np.maximum(z, 0).sum(), U * 0 + [0, 1, -1],
         np.array([0.5, 1, 0]), ""),
    Case("relu beside the kink", lambda z: np.maximum(z, 0).sum(), U * 0 + [0, 1, -1],
         np.array([0, 1, 1.0]), "missing_mask"),
    Case("|x|", lambda z: np.abs(z).sum(), U, np.sign(U), ""),
    Case("|x| as x", lambda z: np.abs(z).sum(), U, np.ones(3), "missing_factor"),
    Case("sign lost", lambda z: (z**4).sum(), U, np.abs(4 * U**3), "missing_factor"),
    Case("floor", lambda z: np.floor(z).sum(), U + 0.3, np.zeros(3), ""),
    Case("floor as if straight", lambda z: np.floor(z).sum(), U + 0.3, np.ones(3),
         "should_be_zero"),
    Case("one that is constant", lambda z: z[0] * z[1], U, np.array([-2.0, 1.0, 3.0]),
         "should_be_zero"),
    # Matrices.
    Case("xᵀSx", lambda x: x @ S @ x, U, (S + S.T) @ U, ""),
    Case("xᵀSx as if symmetric", lambda x: x @ S @ x, U, 2 * S @ U, "known_mistake",
         variants={"(S + Sᵀ)x is 2Sx only where S is symmetric.": 2 * S @ U}),
    Case("a square's transpose", lambda W: (W @ S @ W).trace(), S + 1, (S @ S + S @ (S + 1)) * 0
         + ((S + 1) @ S + S @ (S + 1)), "transposed"),
    Case("log det", lambda W: np.linalg.slogdet(W)[1], S, np.linalg.inv(S), "transposed"),
    Case("π", lambda r: np.pi * (r**2).sum(), U, 2 * U, "constant_factor"),
    Case("summed for each", lambda Z: (Z**2).sum(), Z, np.broadcast_to((2 * Z).sum(0), (2, 3)),
         "summed_away"),
    Case("summed over all", lambda Z: (Z**2).sum(), Z, (2 * Z).sum(), "summed_away"),
    # Jacobians.
    Case("Wx", lambda x: W.T @ x, U, W.T, ""),
    Case("denominator layout", lambda x: W.T @ x, U, W, "other_layout"),
    Case("denominator layout, square", lambda x: S @ x, U, S.T, "other_layout"),
    Case("a diagonal given as a vector", np.tanh, U, 1 - np.tanh(U) ** 2, "diagonal_only"),
    Case("a matrix, flattened", lambda x: np.tanh(x), Z, np.diag((1 - np.tanh(Z) ** 2).ravel()),
         ""),
    Case("a Jacobian's sign", np.tanh, U, -np.diag(1 - np.tanh(U) ** 2), "sign_flipped"),
    Case("the gradient of the sum", lambda x: W.T @ x, U, W.sum(1), "summed_away"),
    # Scales and precisions.
    Case("huge", lambda W: 1e8 * squared(W), W, 1e8 * SQUARED, ""),
    Case("huge, sign", lambda W: 1e8 * squared(W), W, -1e8 * SQUARED, "sign_flipped"),
    Case("tiny", lambda W: 1e-8 * squared(W), W, 1e-8 * SQUARED, ""),
    Case("tiny, half", lambda W: 1e-8 * squared(W), W, 0.5e-8 * SQUARED, "constant_factor"),
    Case("tiniest, half", lambda W: 1e-20 * squared(W), W, 0.5e-20 * SQUARED, "constant_factor"),
    Case("units", lambda W: 1e3 * squared(W), W, SQUARED, "constant_factor"),
    Case("tiny x", lambda x: np.log(x).sum(), 1e-8 * U**2, 1e8 / U**2, ""),
    Case("float32", squared, np.float32(W), np.float32(SQUARED), ""),
    Case("float32, sign", squared, np.float32(W), np.float32(-SQUARED), "sign_flipped"),
    Case("float32, tiny", lambda W: 1e-8 * squared(W), np.float32(W), np.float32(2e-8 * SQUARED),
         "constant_factor"),
    Case("float32 inside", lambda z: np.tanh(np.float32(z)).sum(), np.float32(Z),
         np.float32(1 - np.tanh(Z) ** 2), ""),
    Case("a number", lambda t: t**2, 3.0, 6.0, ""),
    Case("a number, half", lambda t: t**2, 3.0, 3.0, "constant_factor"),
    Case("a number in a list", lambda t: t**2, 3.0, [6.0], "wrong_shape"),
    Case("a wild number", lambda t: t**2, 3.0, 1.2345, "none"),
    Case("nothing", lambda x: x.sum(), np.zeros((0, 2)), np.zeros((0, 2)), ""),
]  # fmt: skip


def judged(case: Case) -> Diagnosis:
    found = numerical_gradient(case.f, case.x)
    return diagnose_found(case.claimed, found, x=case.x, **case.clues)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_cases(case: Case) -> None:
    found = judged(case)
    assert found.verdict == ("wrong" if case.kind else "right"), lines(found)
    kind = found.explanations[0].kind if found.explanations else "none"
    assert kind == (case.kind or "none"), lines(found)
    assert lines(found)
    json.dumps(plain(found), allow_nan=False)


def test_a_report() -> None:
    claimed = np.where(ROWS == 1, -1, 1) * np.array([[1, 2], [3, 4], [5, 6]])
    found = diagnose(claimed, np.abs(claimed), x=np.zeros((3, 2)))
    assert lines(found, "dW") == [
        "dW is wrong: 2 of 6 entries are off",
        "  Only row 1 is wrong: each is −1 times the right one, a sign is flipped.",
        "   entry  claimed  right  off by  allowed",
        "  [1, 1]       -4      4       8    4e-06",
        "  [1, 0]       -3      3       6    3e-06",
    ]


SENTENCES: list[tuple[Any, Any, str]] = [
    ([3, 6], [1, 2], "Every entry is 3 times the right one: divide by 3."),
    ([1, 2], [3, 6],
     "Every entry is 1/3 times the right one: multiply by 3."),
    ([-1, -2], [3, 6],
     "Every entry is −1/3 times the right one: multiply by 3, and a sign is flipped."),
    ([5, 10], [1, 2],
     "Every entry is 5 times the right one: divide by 5 (5 is the number of examples, so perhaps "
     "a sum stands where a mean is wanted)."),
    ([0.123, 0.246], [1, 2],
     "Every entry is 0.123 times the right one: a constant factor is off."),
    (np.pi * U, U, "Every entry is π times the right one: divide by π."),
    ([1, 2, 0, 4], [1, 2, 3, 4],
     "Entry [2] is zero and should not be: never filled in, or a path from x to f was left out."),
    ([2, 3, 4, 1], [1, 2, 3, 4],
     "The entries are shifted by 1: an index is off by 1."),
    ([[1], [2]], [1, 2],
     "The gradient has shape (2, 1), but x has (2,): there is an axis of length 1 too many."),
    ([0, 0], [1, 2],
     "Every entry is zero: the gradient was never filled in, or the path from x to f was left "
     "out."),
    ([1, np.inf, 3], [1, 2, 3],
     "1 entry is infinite or no number (all others are right): look for a division by zero, "
     "log(0), 0·∞ or ∞ − ∞ in the derivative."),
]  # fmt: skip


@pytest.mark.parametrize(("claimed", "wanted", "sentence"), SENTENCES)
def test_sentences(claimed: Any, wanted: Any, sentence: str) -> None:
    assert diagnose(claimed, wanted, sizes=EXAMPLES).explanations[0].sentence == sentence


def test_what_cannot_be_compared_is_not() -> None:
    wanted = np.array([1.0, np.nan, 3.0])
    assert diagnose([1, 9, 3], wanted).agrees
    doubtful = diagnose([1, 9, 3], [1, 2, 3], uncertain=np.array([0, np.inf, 0]))
    assert (doubtful.verdict, doubtful.compared, doubtful.skipped) == ("right", 2, 1)
    nothing = diagnose([1.0], [np.nan])
    assert (nothing.verdict, nothing.agrees) == ("unknown", False)
    assert lines(nothing) == [
        "the gradient could not be checked: no entry could be compared"
    ]  # fmt: skip


def test_what_noise_hides_is_not_called_right() -> None:
    def noisy(x: Any) -> Any:
        return np.float32(1e6) + np.float32(x).sum() * np.float32(1e-3)

    found = numerical_gradient(noisy, U)
    for claimed in (1e-3, 2e-3):
        assert diagnose_found(np.full(3, claimed), found, x=U).verdict == "unknown"
    assert diagnose_found(np.full(3, 1e3), found, x=U).verdict == "wrong"


def test_tolerances() -> None:
    assert not diagnose([1.0, 2.001], [1.0, 2.0]).agrees
    assert diagnose([1.0, 2.001], [1.0, 2.0], rtol=1e-2).agrees
    assert diagnose([1.0, 2.001], [1.0, 2.0], atol=1e-2).agrees
    assert diagnose([1.0, 2.001], [1.0, 2.0], uncertain=np.array([0, 1e-3])).agrees
    assert not diagnose([1e8, 2e-3], [1e8, 1e-3]).agrees  # a small entry beside a large one


def test_rounding_of_numbers_about_one_is_forgiven_and_mentioned() -> None:
    found = diagnose([1e-16, 3e-16, 2e-16], [1.3e-16, 2.2e-16, 2.1e-16])
    assert found.agrees
    assert "rounding of numbers about 1" in found.notes[0]


def test_large_arrays() -> None:
    x = np.random.default_rng(5).normal(size=(40, 30))
    found = numerical_gradient(lambda x: np.tanh(x).sum(), x)
    right = 1 - np.tanh(x) ** 2
    assert diagnose_found(right, found, x=x).agrees
    assert found.taken is not None
    one = right.copy()
    one.flat[next(at for at in range(1200) if at not in found.taken)] += 0.1
    wrong = diagnose_found(one, found, x=x)
    assert (wrong.verdict, wrong.wrong) == ("wrong", 0)
    assert "along whole directions" in lines(wrong)[0]
    half = diagnose_found(right / 2, found, x=x)
    assert half.explanations[0].factor == 0.5
    jacobian = numerical_gradient(np.tanh, x, entries=50)
    full = np.diag(right.ravel())
    assert diagnose_found(full, jacobian, x=x).agrees
    assert diagnose_found(-full, jacobian, x=x).explanations[0].kind == "sign_flipped"
    with pytest.raises(ShapeError, match="the Jacobian has shape"):
        diagnose_found(right, jacobian, x=x)


@pytest.mark.parametrize(
    ("claimed", "message"),
    [(None, "is None"), ("a", "no array of numbers"), ([1j], "type complex"), ([True], "bool")],
)
def test_what_is_no_gradient(claimed: Any, message: str) -> None:
    with pytest.raises(DataProblem, match=message):
        diagnose(claimed, np.ones(1))


def test_requests_that_do_not_fit_together() -> None:
    with pytest.raises(ShapeError, match="not one of outputs"):
        diagnose([1.0], np.ones(1), outputs=(2,))
    with pytest.raises(ShapeError, match="errors of shape"):
        diagnose([1.0], np.ones(1), uncertain=np.ones(2))


FUNCTIONS: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
    (np.sin, np.cos),
    (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    (np.exp, np.exp),
    (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    (lambda x: x**3 - x, lambda x: 3 * x**2 - 1),
    (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
    (lambda x: np.abs(x), np.sign),
]
ARRAYS = st.lists(
    st.floats(-4, 4).map(lambda x: round(x, 3)), min_size=1, max_size=6
).map(np.array)  # fmt: skip


@given(
    ARRAYS,
    st.sampled_from(FUNCTIONS),
    st.sampled_from(FUNCTIONS),
    st.sampled_from([1e-8, 1.0, 1e8]),
    st.sampled_from([np.float64, np.float32]),
)
def test_right_gradients_are_never_called_wrong(
    x: Array, outer: tuple[Any, Any], inner: tuple[Any, Any], scale: float, dtype: Any
) -> None:
    x = x.astype(dtype)
    assume(float(np.abs(inner[0](x)).max()) < 20)
    weights = dtype(np.random.default_rng(0).normal(size=x.shape)) * dtype(scale)
    right = weights * outer[1](inner[0](x)) * inner[1](x)
    found = numerical_gradient(lambda x: (weights * outer[0](inner[0](x))).sum(), x)
    diagnosis = diagnose_found(right.astype(dtype), found, x=x)
    assert diagnosis.verdict != "wrong", lines(diagnosis)


@given(
    ARRAYS.filter(lambda x: bool((np.abs(x) > 0.01).all())),
    st.sampled_from(FUNCTIONS[:5]),
    st.sampled_from([1e-8, 1.0, 1e8]),
    st.sampled_from(
        [lambda g: -g, lambda g: 2 * g, lambda g: g / 3, lambda g: g * 1.001, lambda g: g * 0]
    ),
)
def test_wrong_gradients_are_found(
    x: Array, pair: tuple[Any, Any], scale: float, mistake: Callable[[Array], Array]
) -> None:
    right = scale * pair[1](x)
    assume(float(np.abs(right).max()) > 1e-3 * scale)
    found = numerical_gradient(lambda x: scale * pair[0](x).sum(), x)
    diagnosis = diagnose_found(mistake(right), found, x=x)
    assert diagnosis.verdict == "wrong", lines(diagnosis)
    assert diagnosis.wrong > 0
