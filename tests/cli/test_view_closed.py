"""`chainrule explain --view closed` as a real process."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.cli.running import LECTURE, complaint, printed, run, titles

SHARED = [
    "    dO = ∂l/∂O = S - label   (2)",
    "    dW1 = ∂l/∂W1 = outer(L, dO)   (2 × 2)",
    "    dW0 = ∂l/∂W0 = outer(I, (W1 @ dO) * (h > 0))   (2 × 2)",
]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--wrt", "W1,W0"], ["∂l/∂W1, ∂l/∂W0"]),
        (["--wrt", "W1, W0,W1"], ["∂l/∂W1, ∂l/∂W0"]),
        (["--of", "S", "--wrt", "O"], ["∂S/∂O"]),
        (["--of", "O"], ["∂O/∂W1, ∂O/∂L"]),
    ],
)
def test_what_is_asked_for(arguments: list[str], expected: list[str]) -> None:
    assert titles(printed("explain", LECTURE, "--view", "closed", *arguments)) == expected


def test_by_default_everything_the_file_asks_for_is_shown() -> None:
    found = titles(printed("explain", LECTURE, "--view", "closed"))
    every = titles(printed("explain", LECTURE))
    assert [one for title in found for one in title.split(", ")] == sorted(
        every, key=lambda title: next(at for at, one in enumerate(found) if title in one)
    )
    assert "∂l/∂W1" in found[0]


def test_shared_adjoints_stand_before_what_reads_them() -> None:
    lines = printed("explain", LECTURE, "--view", "closed", "--wrt", "W1,W0").splitlines()
    at = lines.index("  Closed form")
    assert lines[at + 1 : at + 4] == SHARED


def test_digits_are_those_of_the_numbers() -> None:
    text = "x = [1, 2]\nl = sum(x^2) / 3"
    done = run(
        "explain", "-", "--view", "closed", "--wrt", "x", "--digits", "3", text=text.encode()
    )
    assert any(line.endswith("= [2/3  4/3]") for line in done.stdout.splitlines())
    how = ["--view", "closed", "--wrt", "x", "--decimals", "3"]
    done = run("explain", "-", *how, text=b"x = 1\nl = exp(x)")
    assert any(line.endswith("≈ 2.718") for line in done.stdout.splitlines())


def test_as_data() -> None:
    found = json.loads(printed("explain", LECTURE, "--view", "closed", "--wrt", "W1,W0", "--json"))
    assert (found["format"], found["view"]) == (1, "closed")
    (one,) = found["closed_forms"]
    assert [line["text"] for line in one["lines"]] == [
        re.split(r" = |   +\(", line)[2].strip() for line in SHARED
    ]


def test_a_python_function() -> None:
    arguments = ["examples/network.py:loss", "--args", "examples/network.npz", "--wrt", "W2,b2"]
    found = printed("explain", *arguments, "--view", "closed")
    assert titles(found) == ["∂loss/∂W2, ∂loss/∂b2"]
    assert "  dW2 = Hᵀ @ dO" in found
    assert "Verified: equal to the product of the local Jacobians" in found


def test_without_numbers() -> None:
    found = printed("explain", "examples/001-C.chain", "--view", "closed")
    assert "y = (w1 @ w0) @ x + (w1 @ b0 + b1)   y is affine in x.\n" in found


WITHOUT_NUMBERS = {  # a program and what the view says of its derivative
    "X : R^(n x m)\nl = logdet(Xᵀ @ X)\ndl/dX": "at random numbers (n = 3, m = 2)",
    "x : R^n\nl = 3\ndl/dx": "    dx = ∂l/∂x = zeros(n)   (n)\n",
    "x : R^3\ny = sigmoid(x)\ny : one_hot\nl = sum(y)\ndl/dx": (
        "at random numbers by 1 (relative): a fact that is declared does not hold"
    ),
    "x : R^n\nf : R^n -> R\ngrad(f)(x)": "    dx = ∂f/∂x = grad(f)(x)   (n)\n",
    "w : R^n\nl = w @ w\ndl/dw": (
        "equal to the product of the local Jacobians at random numbers (relative error 0)."
    ),
}


@pytest.mark.parametrize("text", WITHOUT_NUMBERS)
def test_how_a_closed_form_without_numbers_is_verified(text: str) -> None:
    done = run("explain", "-", "--view", "closed", text=text.encode())
    assert (done.returncode, done.stderr) == (0, "")
    unwrapped = " ".join(done.stdout.split())
    assert " ".join(WITHOUT_NUMBERS[text].split()) in unwrapped


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--view", "open"], "argument --view: invalid choice: 'open'"),
        (["--view", "closed", "--wrt", "W1,"], "--wrt takes names with commas between them"),
        (["--view", "closed", "--wrt", "W1,w9"], "'w9' is not defined"),
        (["--wrt", ""], "--wrt takes names with commas between them"),
    ],
)
def test_what_is_refused(arguments: list[str], message: str) -> None:
    assert message in complaint("explain", LECTURE, *arguments)


def test_a_file_that_asks_for_nothing() -> None:
    assert complaint("explain", "-", "--view", "closed", text=b"x = 3\ny = x^2") == (
        "The file asks for no derivative; name one: --of l --wrt W.\n"
    )


def test_the_chain_stays_the_default_view(tmp_path: Path) -> None:
    file = tmp_path / "square.chain"
    file.write_text("x = 3\ny = x^2\ndy/dx\n", encoding="utf-8")
    assert printed("explain", str(file)) == printed("explain", str(file), "--view", "chain")
