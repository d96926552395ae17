"""Every printed line is true: each side is read back, evaluated in full, and is the line's number.

How that is found out is in `claims`: symbols are read as the paper language or as written by hand,
values are of ninety digits, derivatives on the left are differences.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from tests.explain.claims import Page, Retold
from tests.explain.derived import WITH_NUMBERS, example, paper
from tests.explain.example_views import explained_or_refused
from tests.explain.precise import places
from tests.explain.truth import answers

from chainrule.explain.explain import VIEWS, explanation
from chainrule.explain.explanation import Equal, Explanation, Step
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.notation.formula import Expression, Formula, Matrix, Number, inline

PROBLEMS = [path.stem for path in WITH_NUMBERS]
SAID = {"(F∘G)": "FG", "(x, y)": "xy"}
JOINED = {"xy": ("x", "y")}
F = "F = [x^2 + 2 * y, 3 * x + 4 * y^2]"
AT_POINTS = {  # functions at points, as quantities: their pages have names that no file has
    "003-2a": "x = 1\ny = 2\nxy = [x, y]\nf = (2 * x + 3 * y)^2",
    "003-2b": f"x = 1\ny = 2\nxy = [x, y]\n{F}",
    "003-2c": f"x = 2\ny = 4\nxy = [x, y]\nG = [x, x^2]\n{F}\n"
    "FG = [G[0]^2 + 2 * G[1], 3 * G[0] + 4 * G[1]^2]",
}
AT_LEAST = {  # sides of all examples that were held against the truth
    "chain": {"symbolic": 500, "substituted": 130, "result": 750, "numbers of names": 280},
    "backward": {"symbolic": 450, "substituted": 220, "result": 460, "numbers of names": 400},
    "scalar": {"symbolic": 1400, "substituted": 950, "result": 1500, "numbers of names": 2800},
    "closed": {"symbolic": 500, "substituted": 180, "result": 220, "numbers of names": 320},
}


def explained(text: str, view: str, **options: Any) -> Explanation:
    read = paper(text)
    return explanation(read, topics_of(read), view, Options(**options))


@cache
def page(problem: str, view: str) -> Page:
    """What was found of an example's claims in a view."""
    found = explained_or_refused(problem, view)
    assert isinstance(found, Explanation)
    return Page(example(problem), found, retold=retold(problem))


def retold(problem: str) -> Retold | None:
    text = AT_POINTS.get(problem)
    return None if text is None else Retold(text, SAID, JOINED)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_line_of_the_examples_is_true(problem: str, view: str) -> None:
    found = page(problem, view)
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["undecided"] == 0


@pytest.mark.parametrize("view", VIEWS)
def test_that_is_a_great_many_lines(view: str) -> None:
    total = sum([page(problem, view).counts for problem in PROBLEMS], Counter[str]())
    total["result"] += total["exact result"] + total["summary"]
    total["substituted"] += total["substituted exactly"]
    for kind, least in AT_LEAST[view].items():
        assert total[kind] >= least, kind
    assert total["numbers without a name"] < total["numbers of names"] / 2


# Programs with what the examples lack.

NETWORK = """
X = [[1, 2], [0, -1], [1, 1]]
Y = [1, 0, 2]
W = [[1, 2], [3, -4]]
v = [1, -1/2]
h = relu(X @ W)
p = h @ v
l = mse(p, Y)
η = 0.1
∂l/∂W
∂l/∂v
W := W - η * ∂l/∂W
new(l)
"""
PROGRAMS = {
    "a direct path beside others": """
a = 2
y = a^2
z = y * a
l = z^2
dz/da
∂l/∂a
dl/dy
""",
    "a loss that reads a layer twice": """
X = [[1, 2], [0, 1]]
W = [[1, 1], [2, -3]]
h = X @ W
r = relu(h)
l = sum(r^2) + 3 * sum(h)
∂l/∂h
∂l/∂W
""",
    "a rational network": NETWORK,
    "names that look like powers of ten": """
e1 = 3
y = e1^2
z = 2 * y
E = 5
w = (2 * E - 1)^2
dz/de1
dw/dE
""",
    "names that look like entries": """
x1 = 2
x = [1, 3]
y = x1 * x[1] + x[0]
x11 = y^2
dx11/dx
dx11/dx1
""",
    "single letters": """
A = [1, 2]
B = [3, 4]
C = A * B
D0 = C[0] * B[1]
D = C * B
l = D0 * D[0]
∂l/∂A
∂D/∂A
""",
    "counted from one": """
index_base 1
x = [1, 2, 3]
W = [[1, 2, 3], [4, 5, 6]]
y = W @ x
l = y[1]^2 / y[2]
∂l/∂x
∂l/∂W
""",
    "forks": """
x = 0.5
a = tanh(x)
b = a^2
c = exp(a)
u = b * c
v = 2 * u + x
dv/dx
""",
    "paths that cross": """
x = 0.5
a = exp(x)
b = tanh(x)
c = (a + b) / 2
d = a * b
y = c * d
dy/dx
""",
    "a fork amid a chain": """
x = [1, 2]
u = exp(x)
a = 2 * u
y = a * u
l = sum(y)
∂l/∂x
∂y/∂x
""",
    "a norm": """
x = [3, 4]
n = norm(x)
y = x / n
l = y[0]^3
∂l/∂x
∂y/∂x
""",
    "a softmax of rows": """
O = [[1, 2, 3], [0, 1, 0]]
T = [[0, 0, 1], [1, 0, 0]]
S = softmax(O)
l = mean_cross_entropy(S, T)
∂l/∂O
∂S/∂O
""",
    "thirds": """
x = [1, 2, 3]
m = mean(x)
d = x - m
v = sum(d^2) / 3
∂v/∂x
∂m/∂x
∂d/∂x
""",
    "thirds that cancel": """
x = 3
y = x / 3 + x * 2/3
z = y^2 / 2
∂z/∂x
""",
    "small numbers": """
x = 0.00012345
y = x^3
z = 1e8 * y
∂z/∂x
""",
    "negative numbers": """
x = [-1, -2]
y = -x^2
z = 3 - (x - y)
l = sum(z * y)
∂l/∂x
∂z/∂x
""",
    "the larger of two": """
a = [1, 3]
b = [2, 2]
m = maximum(a, b)
l = sum(m^2)
∂l/∂a
∂l/∂b
""",
    "a quadratic form": """
A = [[2, 1], [1, 3]]
x = [1, 2]
q = x @ A @ x
t = q / 7
∂t/∂x
∂t/∂A
""",
    "other questions": """
x = [1, 2]
y = x^2
l = sum(y)
2 * ∂l/∂x + 1
∂l/∂x @ x
""",
    "a summary": """
X = ones(9, 6)
W = [[1, 2, 3, 4, 5, 6, 7]] * ones(6, 1)
h = sigmoid(X @ W / 10)
l = sum(h^2)
∂l/∂W
""",
}
TOO_LONG = {("a summary", "scalar")}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("title", PROGRAMS)
def test_every_line_of_other_programs_is_true(title: str, view: str) -> None:
    if (title, view) in TOO_LONG:
        pytest.skip("1,200 lines of sums")
    text = PROGRAMS[title]
    found = Page(text, explained(text, view))
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["symbolic"] > 2
    assert found.counts["result"] + found.counts["exact result"] >= 3


@pytest.mark.parametrize("digits", [1, 9])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("problem", ["000-C", "004-A"])
def test_numbers_are_rounded_to_the_digits_that_are_asked_for(
    problem: str, view: str, digits: int
) -> None:
    text = example(problem)
    found = Page(text, explained(text, view, digits=digits), digits)
    assert found.wrong == []
    assert found.unread == []


UNDERFLOW = {
    "of exp": "x = [-800, 1]\ny = exp(x)\nz = 2 * y\nl = sum(z)\ndl/dx\ndz/dx",
    "of softmax": "O = [400, -400]\nS = softmax(O)\nv = [1, 2]\np = S @ v\ndp/dv\ndS/dO",
}


SATURATED = "O = [36, -36]\nS = softmax(O)\nT = [1, 0]\nl = cross_entropy(S, T)\n∂l/∂O\n∂S/∂O"


@pytest.mark.parametrize("view", VIEWS)
def test_where_all_digits_cancel_it_is_said(view: str) -> None:
    with places(300):
        found = Page(SATURATED, explained(SATURATED, view))
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["said to be lost"] >= 1  # 1 - S0 is not 0


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", UNDERFLOW.values(), ids=UNDERFLOW)
def test_where_float64_has_no_number_it_is_said(text: str, view: str) -> None:
    with places(1000):
        found = Page(text, explained(text, view))
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["said to be lost"] > 2


# By hand: what is displayed follows from what is displayed.


@pytest.mark.parametrize("view", VIEWS)
def test_by_hand_the_numbers_put_in_come_to_what_is_displayed(view: str) -> None:
    worked_out = 0
    for problem in ("000-C", "001-D", "002-A", "003-1.x1", "003-3", "004-A"):
        found = explained(example(problem), view, by_hand=True)
        checked = Page(example(problem), found, retold=retold(problem), by_hand=True)
        assert checked.wrong == []
        worked_out += checked.counts["worked out"]
    assert worked_out > 40


# Chains are of the paper language.


@pytest.mark.parametrize("problem", PROBLEMS)
def test_chains_can_be_asked_as_they_are_written(problem: str) -> None:
    if problem in AT_POINTS:
        pytest.skip("names of functions at points are no names of the file")
    found = explained_or_refused(problem, "chain")
    assert isinstance(found, Explanation)
    pairs = [
        (inline(step.what), inline(side.formula))
        for step in found.walk()
        for side in step.sides
        if step.what is not None
        and " · ∂" in inline(side.formula)
        and " + " not in inline(side.formula)
    ]
    pairs = [pair for pair in dict.fromkeys(pairs) if not pair[0].startswith("d")]
    pairs = [pair for pair in pairs if not re.search(r"∂u\d", pair[1])]  # names of the page alone
    wholes = answers(example(problem), [], [whole for whole, _ in pairs])
    products = answers(example(problem), [], [product for _, product in pairs])
    assert len(pairs) > (1 if "∂" in example(problem) else 5)
    for whole, product in zip(wholes, products, strict=True):
        assert product.reshape(-1) == pytest.approx(whole.reshape(-1), rel=1e-9)


# What is false is found.

Change = Callable[[Step], Step]


def changed(found: Explanation, what: str, change: Change) -> Explanation:
    """The explanation with its lines about a quantity changed."""

    def anew(step: Step) -> Step:
        values = dict(zip(step.fields, step.key(), strict=True))
        values["steps"] = tuple(map(anew, step.steps))
        is_meant = step.what is not None and inline(step.what) == what
        return change(Step(**values)) if is_meant else Step(**values)

    values = dict(zip(found.fields, found.key(), strict=True))
    return Explanation(**values | {"steps": tuple(map(anew, found.steps))})


def with_side(role: str, change: Callable[[Equal], Equal]) -> Change:
    """Changes the sides of a role."""

    def anew(step: Step) -> Step:
        sides = tuple(change(side) if side.role == role else side for side in step.sides)
        values = dict(zip(step.fields, step.key(), strict=True))
        return Step(**values | {"sides": sides})

    return anew


def with_text(old: str, new: str) -> Callable[[Equal], Equal]:
    def of(formula: Formula) -> Formula:
        if isinstance(formula, Number):
            return Number(formula.text.replace(old, new))
        if isinstance(formula, Matrix):
            return Matrix(tuple(tuple(map(of, row)) for row in formula.rows), formula.kind)
        assert isinstance(formula, Expression)
        return Expression(formula.text.replace(old, new), "", tuple(map(of, formula.holes)))

    return lambda side: Equal(of(side.formula), side.role, side.is_exact)


def as_exact(is_exact: bool) -> Callable[[Equal], Equal]:
    return lambda side: Equal(side.formula, side.role, is_exact)


FALSE: list[tuple[str, str, str, Change]] = [
    ("000-C", "chain", "∂S/∂O", with_side("result", with_text("2.789", "2.788"))),
    ("000-C", "chain", "∂S/∂O", with_side("symbolic", with_text("1-S0", "1-S1"))),
    ("000-C", "chain", "∂S/∂O", with_side("result", as_exact(True))),
    ("000-C", "chain", "∂O/∂L", with_side("symbolic", with_text("ᵀ", ""))),
    ("000-C", "chain", "h", with_side("result", as_exact(False))),
    ("000-C", "chain", "h", with_side("substituted", as_exact(False))),
    ("000-C", "chain", "h", with_side("substituted", with_text("5", "6"))),
    ("000-C", "backward", "δO", with_side("symbolic", with_text("S - label", "label - S"))),
    ("000-C", "backward", "δL", with_side("substituted", with_text("-3", "-2"))),
    ("000-C", "scalar", "∂S0/∂O1", with_side("symbolic", with_text("-S0S1", "S0S1"))),
    ("000-C", "scalar", "∂S0/∂O1", with_side("substituted", with_text("2.789", "2.799"))),
    ("000-C", "scalar", "h1", with_side("substituted", with_text("5", "6"))),
    ("000-C", "closed", "dW0", with_side("symbolic", with_text("I", "L"))),
    ("000-C", "closed", "dh", with_side("result", with_text("6", "7"))),
    ("002-A", "chain", "new(W1)", with_side("result", with_text("1", "2"))),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "view", "what", "change"), FALSE)
def test_false_lines_are_found(problem: str, view: str, what: str, change: Change) -> None:
    found = explained_or_refused(problem, view)
    assert isinstance(found, Explanation)
    other = changed(found, what, change)
    assert other != found
    wrong = Page(example(problem), other).wrong
    assert wrong
    assert any(re.search(re.escape(what), line) for line in wrong) or "=" not in wrong[0]
