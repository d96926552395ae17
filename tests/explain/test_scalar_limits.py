"""The scalar view: what is too long for it is shortened or refused, and that is said."""

from __future__ import annotations

import pytest
from tests.explain.derived import ladder
from tests.explain.scalar_steps import equations, line, lines, parts, steps

from chainrule.errors import ChainruleError, DataProblem, TooLarge
from chainrule.explain.views.scalar import MOST_PATHS, MOST_SCALARS
from chainrule.explain.views.scalar_sums import MOST_IN_FULL


def test_beyond_some_entries_only_the_sums_are_shown() -> None:
    text = "x = ones(20)\nW = ones(3, 20)\nv = [1, 2, 3]\nl = v @ tanh(W @ x)\ndl/dW\ndl/dx"
    found = parts(text)
    totals = [line(step) for step in steps(found) if step.what and step.steps]
    shown = lines(text)
    assert len(totals) <= MOST_IN_FULL
    assert "[The other sums over paths are found in the same way.]" in shown
    for at in range(20):
        assert sum(one.startswith(f"∂l/∂x{at if at < 10 else f'[{at}]'} ") for one in shown) == 1


@pytest.mark.parametrize(
    ("text", "problem", "found"),
    [
        ("x = ones(400)\nl = sum(x^2)\ndl/dx", TooLarge, "401 scalar nodes"),
        (
            "x = ones(784)\nW = ones(128, 784)\nV = ones(10, 128)\n"
            "l = sum(sigmoid(V @ sigmoid(W @ x)))\ndl/dW\ndl/dV",
            TooLarge,
            "101,909 scalar nodes",
        ),
        (f"{ladder(60)}\ndy/dx", TooLarge, f"{2**61:,} paths"),
        ("x : R^n\nl = x · x\ndl/dx", DataProblem, "x has (n)"),
    ],
)
def test_refusals_say_what_was_found_and_what_to_use(
    text: str, problem: type[ChainruleError], found: str
) -> None:
    with pytest.raises(problem, match="--view") as refused:
        parts(text)
    assert found in refused.value.message
    if problem is TooLarge:
        allowed = MOST_SCALARS if "nodes" in found else MOST_PATHS
        assert f"{allowed:,}" in refused.value.message


def test_a_number_of_unknown_size_on_no_path_is_no_hindrance() -> None:
    found = equations("x : R^n\ns : R\ny = s * sum(x)\nz = y^2\n∂z/∂s")
    assert "∂z/∂s = ∂z/∂y · ∂y/∂s = 2·y·sum(x)" in found
