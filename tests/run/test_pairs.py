"""Layers of one's own, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.errors import DataProblem
from chainrule.run.pairs import check_pair, pair_lines

RANDOM = np.random.default_rng(0)
X, W, B = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(3, 4)), RANDOM.normal(size=4)
LABELS = np.array([0, 2, 1, 3, 0])


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


def tanh(x: Any) -> Any:
    return np.tanh(x)


def cross_entropy(z: Any, labels: Any) -> Any:
    """The mean over the examples."""
    z = z - z.max(axis=1, keepdims=True)
    return (np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]).mean()


def probabilities(z: Any, labels: Any) -> Any:
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(z)), labels] -= 1
    return p


def normalized(x: Any) -> Any:
    """Batch normalization without scale and shift."""
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def normalized_backward(u: Any, x: Any) -> Any:
    y, deviation = normalized(x), np.sqrt(x.var(0) + 1e-5)
    return (u - u.mean(0) - y * (u * y).mean(0)) / deviation


Row = tuple[str, Callable[..., Any], Callable[..., Any], tuple[Any, ...], list[str | None]]

# name, forward, backward, inputs, the kind of mistake for each input: "" right, None no gradient
PAIRS: list[Row] = [
    ("affine", affine, lambda u, x, w, b: (u @ w.T, x.T @ u, u.sum(0)), (X, W, B), ["", "", ""]),
    ("no sum for the bias", affine, lambda u, x, w, b: (u @ w.T, x.T @ u, u), (X, W, B),
     ["", "", "missing_sum"]),
    ("a mean for the bias", affine, lambda u, x, w, b: (u @ w.T, x.T @ u, u.mean(0)), (X, W, B),
     ["", "", "constant_factor"]),
    ("weights transposed", affine, lambda u, x, w, b: (u @ w.T, u.T @ x, u.sum(0)), (X, W, B),
     ["", "transposed", ""]),
    ("a list", affine, lambda u, x, w, b: [u @ w.T, x.T @ u, None], (X, W, B),
     ["", "", "all_zero"]),
    ("tanh", tanh, lambda u, x: u * (1 - np.tanh(x) ** 2), (X,), [""]),
    ("no tanh′", tanh, lambda u, x: u, (X,), ["missing_factor"]),
    ("loss", cross_entropy, lambda u, z, t: (u * probabilities(z, t) / 5, None), (X @ W, LABELS),
     ["", None]),
    ("loss, sum for mean", cross_entropy, lambda u, z, t: (u * probabilities(z, t), None),
     (X @ W, LABELS), ["constant_factor", None]),
    ("batch normalization", normalized, normalized_backward, (X,), [""]),
    ("batch normalization, mean and deviation held", normalized,
     lambda u, x: u / np.sqrt(x.var(0) + 1e-5), (X,), ["none"]),
    ("relu", lambda x: np.maximum(x, 0), lambda u, x: u * (x > 0), (X,), [""]),
    ("relu in single precision", lambda x: np.maximum(x, 0), lambda u, x: u * (x > 0),
     (np.float32(X),), [""]),
    ("relu, mask of the output forgotten", lambda x: np.maximum(x, 0), lambda u, x: u, (X,),
     ["missing_mask"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("forward", "backward", "inputs", "kinds"), [row[1:] for row in PAIRS],
    ids=[row[0] for row in PAIRS],
)  # fmt: skip
def test_pairs(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: tuple[Any, ...],
    kinds: list[str | None],
) -> None:
    check = check_pair(forward, backward, *inputs)
    found: list[str | None] = []
    for diagnosis in check.inputs:
        if diagnosis is None:
            found.append(None)
        elif diagnosis.agrees:
            found.append("")
        else:
            found.append(diagnosis.explanations[0].kind if diagnosis.explanations else "none")
    assert found == kinds, pair_lines(check)
    assert not check.remarks
    assert check.agrees == all(not kind for kind in kinds)


def test_an_ignored_cotangent() -> None:
    check = check_pair(tanh, lambda u, x: 1 - np.tanh(x) ** 2, X)
    assert check.remarks[0].kind == "cotangent_ignored"
    assert "grad_output" in pair_lines(check)[0]


def test_a_cotangent_used_twice_or_kept() -> None:
    squared = check_pair(tanh, lambda u, x: u * u * (1 - np.tanh(x) ** 2), X)
    assert squared.remarks[0].kind == "not_linear"
    kept = [np.zeros(X.shape)]

    def accumulated(u: Any, x: Any) -> Any:
        kept[0] = kept[0] + u * (1 - np.tanh(x) ** 2)
        return kept[0]

    check = check_pair(tanh, accumulated, X)
    assert check.inputs[0] is not None
    assert check.inputs[0].agrees  # the first time
    assert check.remarks[0].kind == "not_linear"


def test_a_cache_between_the_passes() -> None:
    def forward(x: Any, w: Any) -> Any:
        return x @ w, (x, w)

    def backward(u: Any, cache: Any) -> Any:
        x, w = cache
        return u @ w.T, -x.T @ u

    check = check_pair(forward, backward, X, W, cached=True)
    assert pair_lines(check, ["x", "w"])[:3] == [
        "the gradient for x is right: 15 entries agree",
        "the gradient for w is wrong: 12 of 12 entries are off",
        "  Every entry is −1 times the right one: a sign is flipped.",
    ]


@pytest.mark.parametrize(
    ("forward", "backward", "message"),
    [
        (tanh, lambda u, x: (u, u), "2 gradients for 1 inputs"),
        (tanh, lambda u, x: u @ u, "backward fails: ValueError"),
        (lambda x: x @ x, lambda u, x: u, "forward fails: ValueError"),
        (tanh, lambda u, x: "a", "no array of numbers"),
    ],
)
def test_passes_that_fail(
    forward: Callable[..., Any], backward: Callable[..., Any], message: str
) -> None:
    with pytest.raises(DataProblem, match=message):
        check_pair(forward, backward, X)
