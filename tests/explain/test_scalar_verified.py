"""The scalar view: each derivative is verified, or it is said that it is not."""

from __future__ import annotations

from pathlib import Path

from tests.explain.derived import example
from tests.explain.scalar_steps import each_example, equations, lines, parts, steps


@each_example
def test_every_derivative_is_verified_and_it_is_said_once(path: Path) -> None:
    found = parts(path.read_text(encoding="utf-8"))
    assert any(one.title and one.title.code == "derivative" for one in steps(found))
    remarks = [said for step in steps(found) for said in step.remarks]
    assert not any(said.code in ("scalar:differs", "not_verified") for said in remarks)
    (said,) = [said for said in remarks if "same" in said.code]
    assert found[-1].remarks == (said,)
    assert float(str(dict(said.details)["error"])) < 1e-9


def test_what_differs_is_said_where_it_is_and_the_rest_at_the_end() -> None:
    text = "x = 1e-9\na = x + 1\nb = a^3\nc = b - 3 * a\nd = c * 1e9\ndd/dx\ndd/dc\n"
    first, second, last = parts(text)[2:]
    assert [one.code for step in first.walk() for one in step.remarks][-1] == "scalar:differs"
    assert all("differs" not in one.code for step in second.walk() for one in step.remarks)
    assert [one.code for one in last.remarks] == ["scalar:same"]


def test_by_hand_the_distance_to_the_true_result_is_said() -> None:
    said = [one for one in lines(example("003-1d"), by_hand=True, digits=2) if "true result" in one]
    assert len(said) == 5


def test_too_few_digits_are_said_once() -> None:
    said = [one for one in lines(example("000-C")) if "too few" in one]
    assert len(said) == 1
    assert said[0].startswith("∂S0/∂O0 = S0(1-S0) ≈ 1·(1-1) ≈ 2.789e-10")
    assert not any("too few" in one for one in lines(example("000-C"), digits=12))


def test_a_saturated_softmax_keeps_its_small_slope() -> None:
    text = "x = [0, 40]\ny = 2 * x\nS = softmax(y)\nl = S[1]\ndl/dy"
    assert "∂S1/∂y1 = S1(1-S1) ≈ 1·(1-1) ≈ 1.805e-35" in equations(text)


def test_lost_digits_are_not_called_verified() -> None:
    found = lines("x = 1e-9\na = x + 1\nb = a^3\nc = b - 3 * a\nd = c * 1e9\ndd/dx")
    assert found[-1].startswith("[The sums over paths differ from what reverse mode gives by ")
    assert any("≈ (3e9) + (-3e9) ≈ 6" in one and "too few" in one for one in found)


def test_infinite_derivatives_are_not_called_verified() -> None:
    found = lines("x = [0, 1]\ny = sqrt(x)\nl = sum(y)\ndl/dx")
    assert any("∂l/∂x0" in one and "inf" in one for one in found)
    assert not any("Verified" in one for one in found)
