"""`cr.explain`: functions and texts, their options, notebooks, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem, NameProblem
from chainrule.explain.explanation import Explanation
from chainrule.graph.node import Array
from chainrule.notation.formula import inline

W1 = np.array([[1.0, -2.0], [2.0, 5.0]])
W2 = np.array([[3.0, -3.0], [-1.0, 1.0]])
X = np.array([2.0, 1.0])
TEXT = "x = [1, 2]\ny = x^2\nl = sum(y)\ndl/dx"


def loss(W1: Array, W2: Array, X: Array) -> Array:
    """Two layers, and half of what comes out, squared."""
    H = np.maximum(X @ W1, 0)
    out = H @ W2
    return np.sum(out**2) / 2


def results(found: Explanation) -> dict[str, str]:
    """The last result of each quantity."""
    return {
        inline(step.what): inline(side.formula)
        for step in found.walk()
        for side in step.sides
        if step.what is not None and side.role == "result"
    }


@pytest.mark.parametrize("view", ["chain", "backward", "scalar", "closed"])
@pytest.mark.parametrize("wrt", ["W1", 0, ["W1"], (0,), np.int64(0)])
def test_every_view_ends_in_the_gradient(view: str, wrt: str | int | list[str]) -> None:
    found = cr.explain(loss, W1, W2, X, wrt=wrt, view=view)
    expected = cr.grad(loss)(W1, W2, X)
    assert "∂loss/∂W1" in inline(found.title)
    shown = results(found)
    if view == "scalar":
        entries = [shown[f"∂loss/∂W1[{i},{j}]"] for i in range(2) for j in range(2)]
        assert [float(entry) for entry in entries] == expected.reshape(-1).tolist()
    else:
        rows = "; ".join(" ".join(f"{entry:g}" for entry in row) for row in expected)
        assert f"[{rows}]" in shown.values()


def test_by_default_all_parameters_of_real_numbers_are_explained() -> None:
    said = str(cr.explain(loss, W1, W2, X))
    assert all(f"\n∂loss/∂{name}\n" in said for name in ("W1", "W2", "X"))


def test_a_text_says_itself_what_it_asks_for() -> None:
    assert results(cr.explain(TEXT))["∂l/∂x"] == "[2 4]"
    assert results(cr.explain("x = 3\ny = x^2\nz = y^2", of="y", wrt="x"))["∂y/∂x"] == "6"


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, "3.142"),
        ({"digits": 2}, "3.1"),
        ({"decimals": 1}, "3.1"),
        ({"digits": 8}, "3.1415927"),
    ],
)
def test_digits_and_decimals(options: dict[str, Any], shown: str) -> None:
    found = cr.explain("x = 1\ny = 3.14159265358979 * x\ndy/dx", **options)
    assert results(found)["∂y/∂x"] == shown


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "message"),
    [
        ((TEXT,), {"view": "forwards"}, DataProblem, "The view is one of chain, backward"),
        ((TEXT,), {"lang": "tlh"}, DataProblem, "en, ko"),
        ((TEXT,), {"digits": 0}, DataProblem, "digits takes a whole number from 1 to 17, not 0."),
        ((TEXT,), {"layout": "mixed"}, DataProblem, "The layout is numerator or denominator"),
        ((TEXT,), {"flatten": "both"}, DataProblem, "Arrays are flattened by rows or columns"),
        ((TEXT, 3), {}, DataProblem, "A text in the paper language has its numbers in it"),
        ((TEXT,), {"wrt": "z"}, NameProblem, "'z' is not defined"),
        (
            (TEXT,),
            {"digits": "4"},
            DataProblem,
            "digits takes a whole number from 1 to 17, not '4'",
        ),
        (
            (TEXT,),
            {"digits": 2.5},
            DataProblem,
            "digits takes a whole number from 1 to 17, not 2.5",
        ),
        ((TEXT,), {"decimals": 2.5}, DataProblem, "decimals takes a whole number from 0 to 17"),
        ((TEXT,), {"of": 3}, DataProblem, "of takes a name, not 3"),
        ((TEXT,), {"wrt": ""}, NameProblem, "'' is not defined"),
        ((3,), {}, DataProblem, "explain takes a function or a text in the paper language, not 3"),
        ((loss, W1, W2, X), {"wrt": 7}, DataProblem, "wrt names position 7"),
        ((loss, W1, W2, X), {"wrt": []}, DataProblem, "wrt names nothing to differentiate by"),
        ((loss, W1, W2, X), {"wrt": 1.5}, DataProblem, "wrt takes names and positions, not 1.5"),
        (
            (loss, W1, W2, X),
            {"wrt": [None]},
            DataProblem,
            "wrt takes names and positions, not None",
        ),
    ],
)
def test_what_is_refused(
    arguments: tuple[object, ...],
    settings: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        cr.explain(*arguments, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_notebook_shows_it(language: str) -> None:
    found = cr.explain(TEXT, lang=language)
    bundle = found._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/markdown", "text/html"}
    assert bundle["text/plain"] == str(found) == repr(found)
    assert "<math" in bundle["text/html"]
    assert "$$" in bundle["text/markdown"]


@pytest.mark.parametrize("form", ["text", "md", "latex", "latex-fragment", "html"])
def test_every_format_has_the_result(form: str) -> None:
    printed = cr.explain(TEXT).to(form)
    assert "Verified" in printed


def test_another_format_is_refused() -> None:
    with pytest.raises(DataProblem, match="not as 'docx'"):
        cr.explain(TEXT).to("docx")


@pytest.mark.parametrize(
    "before",
    [
        "",
        "cr.check",
        "import chainrule.explain.derive",
        "from chainrule import explain",
        "from chainrule.explain.function import explain",
    ],
)
def test_it_can_be_called_whatever_was_imported_before(before: str) -> None:
    script = f"import chainrule as cr; {before}\nprint(cr.explain('x = 2\\ny = x^2\\ndy/dx'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.startswith("∂y/∂x\n")


def test_an_array_of_many_axes_is_written_in_no_time() -> None:
    found = cr.explain(lambda x: np.sum(x**2), np.ones((1,) * 29 + (2,)))
    assert "Verified" in str(found)


@pytest.mark.parametrize("view", ["chain", "backward", "scalar", "closed"])
def test_a_sum_of_many_terms_that_is_squared(view: str) -> None:
    names = [f"a{at}" for at in range(40)]
    lines = [*(f"{name} = {at}" for at, name in enumerate(names)), f"l = ({' + '.join(names)})^2"]
    found = cr.explain("\n".join([*lines, "dl/da0"]), view=view)
    assert "1560" in results(found).values()  # 2 · (0 + … + 39)


@pytest.mark.parametrize("view", ["chain", "backward", "closed"])
def test_a_check_that_fails_is_not_called_verified(view: str) -> None:
    found = cr.explain("x = 1e-300\ny = x*x\nz = y*1e300\ndz/dx", view=view)
    assert "Verified by central" not in str(found)
    assert "underflow" in str(found)


@pytest.mark.parametrize("view", ["chain", "backward", "closed"])
def test_an_empty_part_has_an_empty_derivative(view: str) -> None:
    assert "∂y/∂x" in str(cr.explain("x = [1, 2, 3]\ny = x[2:1]\ndy/dx", view=view))
