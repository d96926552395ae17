"""The scalar view: derivatives stand as they are laid out, and each in its own part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.explain.derived import example, paper
from tests.explain.scalar_steps import line, parts, steps
from tests.explain.truth import shown_array

from chainrule.explain.explain import explanation
from chainrule.explain.language.catalogue import say
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.graph.node import Array
from chainrule.notation.formula import Formula, Matrix, inline, typeset


def numbers_of(formula: Formula) -> Array:
    """The numbers of a result, a diagonal matrix written out."""
    shown = shown_array(formula)
    assert shown is not None
    is_diagonal = isinstance(formula, Matrix) and formula.kind == "diagonal"
    return np.diag(shown.reshape(-1)) if is_diagonal else shown


@pytest.mark.parametrize("problem", ["000-C", "002-A", "003-2c"])
@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize("flatten", ["rows", "columns"])
def test_the_matrix_of_a_derivative_stands_as_it_is_laid_out(
    problem: str, layout: str, flatten: str
) -> None:
    """Its entries, its numbers and its size, held against the chain view."""
    how: dict[str, Any] = {"layout": layout, "flatten": flatten}
    read = paper(example(problem))
    chain = explanation(read, topics_of(read), "chain", Options(**how))
    wanted = {
        inline(one.what): numbers_of(one.sides[-1].formula)
        for one in chain.walk()
        if one.what is not None and one.sides and one.sides[-1].role == "result"
    }
    compared = 0
    for step in steps(parts(example(problem), **how)):
        what = "" if step.what is None else inline(step.what)
        is_gradient = what.startswith(("∂l/", "∂L/∂"))
        if is_gradient or len(step.shape or ()) != 2 or what not in wanted:
            continue
        shown = numbers_of(step.sides[-1].formula)
        assert shown.shape == step.shape
        np.testing.assert_array_equal(shown, wanted[what])
        compared += 1
    assert compared > 1


def test_names_of_a_function_hold_in_its_own_part() -> None:
    first, second, third, verified = parts(example("003-2c"))
    assert [say(one.title) for one in (first, second, third) if one.title] == [
        "∂G/∂x, taken apart",
        "∂F/∂(x, y), taken apart",
        "∂(F∘G)/∂x, taken apart",
    ]
    assert "∂F1/∂y = 8y = 8·4 = 32" in map(line, second.walk())
    assert [one.code for one in verified.remarks] == ["scalar:all_same"]
    latex = [typeset(step.what) for step in second.walk() if step.what is not None]
    assert r"\frac{\partial F_{1}}{\partial y}" in latex
