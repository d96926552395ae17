"""How gradients were checked and who says a fact: the checks' own words are recognised."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.explain.language.catalogue import say
from chainrule.explain.language.sources import check_method, check_point, fact_source
from chainrule.graph.node import Node, constant, variable
from chainrule.ops.activation import relu, tanh
from chainrule.ops.reduction import sum_
from chainrule.run.gradient_check import check


def checked(output: Node, x: Node, values: list[float]) -> str:
    return check(output, x, {x: np.array(values)}).method


FEW, MANY = variable((2,)), variable((100,))
BEND = [0.0] + [1.0] * 99


@pytest.mark.parametrize(
    ("method", "korean"),
    [
        (checked(tanh(FEW), FEW, [0, 1]), "모든 성분의 중심차분"),
        (checked(sum_(tanh(MANY)), MANY, BEND), "무작위 방향 16개에 대한 중심차분"),
        (
            checked(tanh(constant(np.ones((100, 2))) @ FEW), FEW, [0, 1]),
            "결과를 무작위로 더한 16개의 값에 대한 중심차분",
        ),
        (
            checked(relu(FEW), FEW, [0, 1]),
            "모든 성분의 중심차분(4개 가운데 꺾인 점이나 무한대에 있는 1개는 제외)",
        ),
    ],
)
def test_every_way_of_checking_is_said_in_every_language(method: str, korean: str) -> None:
    assert say(check_method(method)) == method
    assert say(check_method(method), "ko") == korean


@pytest.mark.parametrize(
    ("at", "korean"),
    [
        ("random numbers", "무작위로 고른 수"),
        ("random numbers (n = 3)", "무작위로 고른 수(n = 3)"),
        ("random numbers (n = 3, m = 4)", "무작위로 고른 수(n = 3, m = 4)"),
        ("random numbers (f replaced by a sine)", "무작위로 고른 수(f는 사인 함수로 바꿈)"),
        (
            "random numbers (n = 3, f, g replaced by sines)",
            "무작위로 고른 수(n = 3; f, g는 사인 함수로 바꿈)",
        ),
        ("the given numbers", "the given numbers"),
    ],
)
def test_every_place_of_checking_is_said_in_every_language(at: str, korean: str) -> None:
    assert say(check_point(at)) == at
    assert say(check_point(at), "ko") == korean


@pytest.mark.parametrize(
    ("where", "korean"),
    [
        ("t = [0, 1], as given", "주어진 값 t = [0, 1]"),
        ("A : symmetric (line 2)", "2번째 줄 A : symmetric"),
        ("as assumed", "가정"),
    ],
)
def test_who_says_that_a_fact_holds_is_said_in_every_language(where: str, korean: str) -> None:
    assert say(fact_source(where)) == where
    assert say(fact_source(where), "ko") == korean
