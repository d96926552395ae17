"""`chainrule solve|explain module.py:function --args data.npz`, as real processes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.running import printed, run

NETWORK = ["examples/network.py:loss", "--args", "examples/network.npz"]


def written(folder: Path, text: str, **arrays: object) -> list[str]:
    """A module with a function called `f`, and its arguments."""
    (folder / "own.py").write_text(text, encoding="utf-8")
    np.savez(folder / "own.npz", **arrays)  # type: ignore[arg-type]
    return [f"{folder / 'own.py'}:f", "--args", str(folder / "own.npz")]


def test_solve_gives_every_local_variable_and_every_gradient() -> None:
    found = json.loads(printed("solve", *NETWORK, "--json"))
    assert [*found["values"]] == ["X", "W1", "b1", "W2", "b2", "T", "H", "O", "S", "loss"]
    wanted = ["X", "W1", "b1", "W2", "b2", "T"]
    assert [*found["derivatives"]] == [f"∂loss/∂{name}" for name in wanted]
    with np.load("examples/network.npz") as data:
        X, W1, b1, W2, b2, T = [data[name] for name in wanted]
    H = np.tanh(X @ W1 + b1)
    S = np.exp(H @ W2 + b2) / np.exp(H @ W2 + b2).sum(axis=1, keepdims=True)
    slope = found["derivatives"]["∂loss/∂W2"]["value"]
    np.testing.assert_allclose(slope, H.T @ (S - T) / 3, rtol=1e-12)


def test_explain_prints_the_chain_in_the_users_own_names() -> None:
    text = printed("explain", *NETWORK, "--wrt", "W1")
    assert "∂loss/∂W1 = ∂loss/∂S · ∂S/∂O · ∂O/∂H · ∂H/∂W1" in text
    assert "H = tanh(X @ W1 + b1)" in text
    assert "One W1 serves all 3 rows of H" in text
    assert "Verified by central differences" in text
    assert printed("explain", *NETWORK, "--of", "H", "--wrt", "b1").startswith("∂H/∂b1")
    assert len(json.loads(printed("explain", *NETWORK, "--json"))["derivatives"]) == 6


def test_arguments_by_name_defaults_numbers_and_nested_ones(tmp_path: Path) -> None:
    text = (
        "import numpy as np\n"
        "scale = np.array([1.0, 2.0])\n"
        "def f(params, n, x=3.0, *, power=2):\n"
        "    h = params['W'] * x * scale\n"
        "    return sum(np.sum(h ** power) for _ in range(n))\n"
    )
    arguments = written(tmp_path, text, **{"params.W": [1.0, 2.0], "n": 2})
    found = json.loads(printed("solve", *arguments, "--json"))
    assert [*found["derivatives"]] == ["∂f/∂params.W", "∂f/∂scale"]
    assert found["derivatives"]["∂f/∂params.W"]["value"] == [2 * 2 * 9 * 1, 2 * 2 * 9 * 2 * 4]


def test_a_result_with_several_entries_has_a_matrix(tmp_path: Path) -> None:
    arguments = written(tmp_path, "def f(x):\n    return 2 * x\n", x=[1.0, 2.0])
    found = json.loads(printed("solve", *arguments, "--json"))
    assert found["derivatives"]["∂f/∂x"]["value"] == [[2, 0], [0, 2]]


@pytest.mark.parametrize(
    ("text", "arrays", "said"),
    [
        ("def f(x): return x[9]", {"x": [1.0]}, "own.py:1:18: x is (1): index 9 is out of range"),
        ("def f(x): return 1 / 0", {"x": [1.0]}, "own.py:1: f fails: ZeroDivisionError"),
        ("def f(x): return x", {"y": [1.0]}, "f needs the argument x, and the arguments given are"),
        ("def f(x): return x", {"x": [1.0], "y": 1}, "f has no parameter y; its parameters are x"),
        ("def g(x): return x", {"x": [1.0]}, "own.py has no function 'f'"),
        ("import nothing_of_that_name", {}, "cannot be run: ModuleNotFoundError"),
        ("def f(x:", {}, "cannot be run: SyntaxError"),
        ("def f(x): return 'a'", {"x": [1.0]}, "not an object of type str"),
    ],
)
def test_a_mistake_in_the_users_code(
    tmp_path: Path, text: str, arrays: dict[str, object], said: str
) -> None:
    done = run("solve", *written(tmp_path, text, **arrays))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_files_that_are_not_there_or_hold_something_else(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def f(x): return x")
    own = f"{tmp_path / 'own.py'}:f"
    np.save(tmp_path / "one.npy", np.ones(2))
    np.savez(tmp_path / "objects.npz", x=np.array([{}], dtype=object))
    (tmp_path / "text.npz").write_text("x = 1")
    cases = {
        ("solve", f"{tmp_path / 'none.py'}:f"): "there is no such file",
        ("solve", own, "--args", str(tmp_path / "none.npz")): "cannot be read as an .npz file",
        ("solve", own, "--args", str(tmp_path / "one.npy")): "np.savez(path, x=…, W=…) names them",
        ("solve", own, "--args", str(tmp_path / "objects.npz")): "cannot be read as an .npz file",
        ("solve", own, "--args", str(tmp_path / "text.npz")): "cannot be read as an .npz file",
        ("solve", own): "needs the argument x",
        ("solve", "examples/000-C.chain", "--args", "x.npz"): "--args is for a Python function",
    }
    for arguments, said in cases.items():
        done = run(*arguments)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_help_says_that_the_code_is_run() -> None:
    for command in ("solve", "explain"):
        assert "A Python file is run as it is: name only code that you trust" in " ".join(
            printed(command, "--help").split()
        )
