"""Whole files of NumPy source: they run, are right, typed and formatted, and say what they do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.errors import ChainruleError, DataProblem, TooLarge
from chainrule.export import numpy_source
from chainrule.export.layout import assignment
from chainrule.export.numpy_source import NumpyCode, numpy_code
from chainrule.export.verification import Verified, verified
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper

EXAMPLES = Path(__file__).parents[2] / "examples"
LECTURE = (EXAMPLES / "000-C.chain").read_text(encoding="utf-8")
TOOLS = Path(sys.executable).parent


def paper_of(text: str) -> Paper:
    return elaborate(parse(Source(text)))


def code_of(text: str, wrt: str, of: str = "l", updates: bool = False) -> NumpyCode:
    paper = paper_of(text)
    graph = paper.graph
    nodes = [graph[name] for name in wrt.split()]
    return numpy_code(paper, graph[of], nodes, paper.updates if updates else ())


def body_of(code: NumpyCode) -> list[str]:
    """The lines of the function, without indentation."""
    _, _, rest = code.source.partition("def forward_and_backward(")
    lines = rest.partition("\n\n\nif __name__")[0].splitlines()
    start = next(at for at, line in enumerate(lines) if line.endswith(":")) + 1
    return [line.strip() for line in lines[start:] if line.strip()]


def run(code: NumpyCode) -> Mapping[str, Any]:
    """The module, executed."""
    space: dict[str, Any] = {"__name__": "written"}
    exec(code.source, space)
    return space


def test_the_lecture_is_written_as_on_paper() -> None:
    assert body_of(code_of(LECTURE, "W0 W1")) == [
        '"""Where label is one_hot."""',
        "# forward",
        "h = I @ W0",
        "L = np.maximum(h, 0)",
        "O = L @ W1",
        "S = softmax(O)",
        "l = -np.sum(label * np.log(S))",
        "# backward",
        "dO = S - label  # ∂l/∂S = -(label / S), ∂S/∂O = diag(S) - S Sᵀ",
        "dL = W1 @ dO  # ∂O/∂L = W1ᵀ",
        "dh = dL * (h > 0)  # ∂L/∂h = diag(h > 0)",
        "dW0 = np.outer(I, dh)  # ∂h/∂W0",
        "dW1 = np.outer(L, dO)  # ∂O/∂W1",
        "return l, dW0, dW1",
    ]


def test_only_what_is_needed_is_there() -> None:
    body = body_of(code_of("a = 2\nb = 3\nu = a * b\nv = sin(b)\nl = a^2 * b", "a"))
    assert body == [
        "# forward",
        "l = a**2 * b",
        "# backward",
        "da = 2 * a * b  # ∂l/∂a = 2 * a * b",
        "return l, da",
    ]


BATCH = """
X = [[1, 2], [3, 4], [5, 6]]
w = [0.10, 0.20]
y = [1, 0, 1]
l = mse(X @ w, y)
w := w - 0.1 * dl/dw
"""


def test_updates_follow_the_backward_pass() -> None:
    code = code_of(BATCH, "w", updates=True)
    assert body_of(code)[-3:] == ["# updates", "new_w = w - 0.1 * dw", "return l, dw, new_w"]
    assert "w = np.array([0.10, 0.20])" in code.source


def test_what_is_computed_twice_has_a_name() -> None:
    body = body_of(code_of(BATCH, "w"))
    assert body.count("difference = X @ w - y") == 1
    assert sum("X @ w" in line.partition("#")[0] for line in body) == 1


def test_a_jacobian_is_an_outputs_by_inputs_matrix() -> None:
    code = code_of("A = [[1, 2], [3, 4], [5, 6]]\nx = [1, 1]\ny = A @ x", "x", of="y")
    assert "dy_dx = A" in code.source
    _, jacobian = run(code)["forward_and_backward"](np.ones((3, 2)), np.ones(2))
    assert jacobian.shape == (3, 2)


def test_a_saturated_softmax_keeps_its_digits() -> None:
    text = "o = [20, 0]\ns = softmax(o)"
    code = code_of(text, "o", of="s")
    _, jacobian = run(code)["forward_and_backward"](np.array([20.0, 0.0]))
    slope = np.exp(-20) / (1 + np.exp(-20)) ** 2
    np.testing.assert_allclose(jacobian, slope * np.array([[1, -1], [-1, 1]]), rtol=1e-12)


def test_a_share_that_rounds_to_zero_is_taken_care_of() -> None:
    """0 · log 0 is 0: where the short formula gives nan, the careful one is written."""
    code = code_of("p = [0, 1]\nt = [0, 1]\nl = cross_entropy(p, t)", "p")
    assert "xlogy(t, p)" in code.source
    value, _ = run(code)["forward_and_backward"](np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert value == 0


def test_names_are_kept_or_changed_in_a_stated_way() -> None:
    text = "np = 2\ny' = 3\nW₁ = np * y'\nλ = 1\nsoftmax' = softmax([W₁, λ])\nl = sum(softmax'^2)"
    source = code_of(text, "np").source
    assert "def forward_and_backward(np_: float, y_prime: float, λ: float)" in source
    assert "    W1 = np_ * y_prime" in source


def test_sizes_without_a_number_are_read_from_the_arguments() -> None:
    text = "X : R^(n x d)\nw : R^d\ny : R^n\nl = sum((X @ w - y)^2) / n"
    code = code_of(text, "w")
    assert "n = X.shape[0]" in body_of(code)
    assert "__main__" not in code.source
    assert code.verified.numbers == "random numbers"
    X, w, y = np.arange(8.0).reshape(4, 2), np.ones(2), np.ones(4)
    _, slope = run(code)["forward_and_backward"](X, w, y)
    np.testing.assert_allclose(slope, 2 * X.T @ (X @ w - y) / 4)


def test_a_stand_in_for_a_size_is_never_written() -> None:
    code = code_of("x : R^n\nA : R^(n x m)\nl = sum(x) / n + sum(A * A)", "x A")
    X, A = np.arange(3.0), np.ones((3, 2))
    _, slope, _ = run(code)["forward_and_backward"](X, A)
    np.testing.assert_allclose(slope, np.full(3, 1 / 3))
    with pytest.raises(DataProblem, match=r"needs a size \(n, m\) as a number"):
        code_of("A : R^(n x m)\nl = max(A)", "A")


def test_a_function_without_a_formula_is_refused() -> None:
    with pytest.raises(DataProblem, match="f is only declared, not defined"):
        code_of("f : R^2 -> R\nx : R^2\nl = f(x)", "x")


def test_a_mismatch_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Verified("the given numbers", 0.5, False, "result 2")
    monkeypatch.setattr(numpy_source, "verified", lambda *_: wrong)
    with pytest.raises(ChainruleError, match="internal error: the written code gives result 2"):
        code_of(BATCH, "w")


def test_verification_compares_values_and_shapes() -> None:
    paper = paper_of("x = [1, 2]\ny = x^2")
    x, y = paper.graph["x"], paper.graph["y"]
    for text, agrees in (("x * x", True), ("x * x * (1 + 1e-9)", False), ("x[:1]", False)):
        source = f"def f(x):\n    return {text}\n"
        assert verified(source, "f", paper, [x], [y]).agrees is agrees


# --- every example: runs by itself, typed, formatted ---------------------------------------------

LONG = """
weights_of_the_first_layer = [[0.125, 0.25, 0.375, 0.5], [0.625, 0.75, 0.875, 1], [1, 2, 3, 4.5]]
inputs_of_the_network = [1, 2, 3, 4]
offsets_of_the_first_layer = [0.5, 0.25, 0.125]
hidden = tanh(weights_of_the_first_layer @ inputs_of_the_network + offsets_of_the_first_layer)
l = sum(hidden^2) + 0.001 * sum(weights_of_the_first_layer^2) + sum(exp(offsets_of_the_first_layer))
"""
PROGRAMS = {
    "lecture": (LECTURE, "W0 W1 I", "l"),
    "jacobian": (LECTURE, "O W0", "S"),
    "batch": (BATCH, "w", "l"),
    "long": (LONG, "weights_of_the_first_layer offsets_of_the_first_layer", "l"),
    "careful": ("p = [0, 1]\nt = [0, 1]\nl = cross_entropy(p, t)", "p", "l"),
    "erf": ("x = [1, 2]\nl = sum(erf(x) * gelu(x))", "x", "l"),
    "numbers": ("x = 2\nl = where(x > 1, x^3, sin(x)) * relu(x)", "x", "l"),
    "indices": ("x = [1, 2, 3]\nl = x[0] * x[1]^2 + sum(x[1:])", "x", "l"),
    "matrix": ("A = [[2, 1], [1, 3]]\nb = [1, 2]\nl = log(det(A)) + b · solve(A, b)", "A b", "l"),
    "sorted": ("x = [3, 1, 2]\nw = [1, 2, 3]\nl = sum(w * sort(x)) + max(x)", "x", "l"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source of every program."""
    folder = tmp_path_factory.mktemp("written")
    for name, (text, wrt, of) in PROGRAMS.items():
        source = code_of(text, wrt, of).source
        (folder / f"{name}_.py").write_text(source, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_file_runs_by_itself_and_shows_its_results(written: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(written / f"{name}_.py")],
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        timeout=60,
    )
    assert (done.returncode, done.stderr if name != "careful" else "") == (0, "")
    assert done.stdout.startswith(f"{PROGRAMS[name][2]} =")


def tool(name: str) -> str:
    """A linter, where it is installed."""
    found = shutil.which(name, path=str(TOOLS)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


CHECKS = {
    "mypy": ["mypy", "--strict", "--no-incremental", "--cache-dir=/dev/null"],
    "ruff format": ["ruff", "format", "--isolated", "--check", "--no-cache"],
    "ruff check": ["ruff", "check", "--isolated", "--no-cache", "--ignore", "E741"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_files_are_typed_and_formatted(written: Path, check: str) -> None:
    name, *options = CHECKS[check]
    done = subprocess.run(
        [tool(name), *options, str(written)], capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- hostile texts --------------------------------------------------------------------------------


def test_a_small_graph_with_a_huge_text_is_written_with_names() -> None:
    doubling = "x = 0.5\nf(x) = sin(x) * cos(x)\nl = " + "f(" * 30 + "x" + ")" * 30
    assert len(code_of(doubling, "x").source) < 20_000


def test_what_would_be_endless_is_refused() -> None:
    nested = "x = 0.5\nf(x) = sin(sin(sin(sin(x))))\nl = " + "f(" * 60 + "x" + ")" * 60
    with pytest.raises(TooLarge, match="name parts of it"):
        code_of(nested, "x")


def test_what_is_nested_too_deeply_for_python_is_refused() -> None:
    paper = paper_of("x = 1\ny = x^2")
    source = f"def f(x):\n    return {'(' * 300}x{')' * 300}\n"
    with pytest.raises(TooLarge, match="nested too deeply"):
        verified(source, "f", paper, [paper.graph["x"]], [paper.graph["y"]])


# --- lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a + b", ["    y = a + b"]),
        (f"f({'a' * 39}, {'b' * 39})", ["    y = f(", f"        {'a' * 39}, {'b' * 39}", "    )"]),
        (
            f"{'a' * 50} + {'b' * 50}",
            ["    y = (", f"        {'a' * 50}", f"        + {'b' * 50}", "    )"],
        ),
    ],
    ids=["short", "call", "sum"],
)
def test_long_lines_are_broken_as_a_formatter_does(text: str, lines: list[str]) -> None:
    assert assignment("y", text) == lines
