"""`chainrule code`: source on standard output or in a file, JSON, errors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.running import complaint, printed, run

EXAMPLES = Path(__file__).parents[2] / "examples"
WITHOUT_FORMULA = {"000-A1", "000-A2", "000-A3", "000-A4", "001-B"}
WITHOUT_NAMES = {"003-2a", "003-2b", "003-2c"}
NETWORK = ["examples/network.py:loss", "--args", "examples/network.npz"]
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.chain"))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in WITHOUT_FORMULA | WITHOUT_NAMES])
def test_every_example_is_written_and_verified(name: str) -> None:
    found = json.loads(printed("code", f"examples/{name}.chain", "--json"))
    assert (found["format"], found["language"]) == (1, "numpy")
    assert found["functions"][-1] == "forward_and_backward"
    assert found["verified"]["relative_error"] <= 1e-10
    compile(found["source"], name, "exec")


@pytest.mark.parametrize("name", sorted(WITHOUT_FORMULA))
def test_functions_without_a_formula_are_refused(name: str) -> None:
    assert "is only declared, not defined" in complaint("code", f"examples/{name}.chain")


@pytest.mark.parametrize("name", sorted(WITHOUT_NAMES))
def test_derivatives_at_points_without_names_are_refused(name: str) -> None:
    assert "name one with --of" in complaint("code", f"examples/{name}.chain")


def test_a_file_is_written_and_runs(tmp_path: Path) -> None:
    path = tmp_path / "step.py"
    assert printed("code", "examples/002-A.chain", "--output", str(path)) == ""
    done = subprocess.run(
        [sys.executable, str(path)], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    assert "new_W1 =" in done.stdout


def test_a_python_function_keeps_its_local_names() -> None:
    text = printed("code", *NETWORK, "--wrt", "W1,b2")
    assert "    H = np.tanh(X @ W1 + b1)" in text
    assert "    dH = dO @ W2.T  # ∂O/∂H" in text
    assert text.count("    return loss, dW1, db2\n") == 1


def test_of_and_wrt_name_the_derivative() -> None:
    text = printed("code", "examples/000-C.chain", "--of", "O", "--wrt", "L", "--to", "numpy")
    assert "dO_dL = W1.T  # ∂O/∂L = W1ᵀ" in text
    assert "label" not in text


def test_the_page_shows_what_is_printed() -> None:
    page = (EXAMPLES.parent / "docs" / "code.md").read_text(encoding="utf-8")
    shown = page.partition("```python\n")[2].partition("```")[0]
    assert printed("code", "examples/000-C.chain", "--wrt", "W0,W1") == shown


def test_help_has_examples() -> None:
    assert "chainrule code examples/000-C.chain --wrt W0,W1" in printed("code", "--help")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--wrt", "W9"], "'W9' is not defined in"),
        (["--of", "label"], "The file asks for no derivative of label; name one: --wrt W."),
        (["--of", "I", "--wrt", "I"], "I is given: code is written for what is computed."),
        (["--wrt", "W0,"], "--wrt takes names with commas between them"),
        (["--wrt", "W0", "--to", "c"], "invalid choice: 'c'"),
        (["--wrt", "W0", "--output", "/nowhere/x.py"], "/nowhere/x.py: cannot be written"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_mistakes_are_said(arguments: list[str], message: str) -> None:
    assert message in complaint("code", "examples/000-C.chain", *arguments)


def test_numbers_that_python_refuses() -> None:
    done = run("code", "-", text=b"x = 0\ny = log(x)\ndy/dx")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("at these numbers the code divides by 0")


def test_text_of_strangers_is_read_and_never_run() -> None:
    done = run("code", "-", "--wrt", "x", text=b"x = 1\nl = __import__('os')")
    assert (done.returncode, done.stdout) == (2, "")
