"""Expressions read in a problem that stays open: a quantity is one node, however it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.errors import ChainruleError, NameProblem, PaperError, TooLarge
from chainrule.graph.node import Node
from chainrule.graph.source import Source
from chainrule.marking.reading.formulas import formula
from chainrule.paper import workbook as limits
from chainrule.paper.derivatives import Value
from chainrule.paper.parser import parse
from chainrule.paper.program import Layout
from chainrule.paper.syntax import Expression, Question
from chainrule.paper.workbook import Workbook
from chainrule.run.interpreter import Plan

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.chain"))
NETWORK = """
I = [2, 1]
W0 = [[1, -2], [2, 5]]
W1 = [[3, -3], [-1, 1]]
label = [0, 1]
b = [0.5, 0.5]
α = 0.1
f(x) = x^2 + unlucky(x)
unlucky(x) = x
g(x) = x @ [1, 2, 3]

h = I @ W0
L = relu(h)
O = L @ W1 + b
S = softmax(O)
q = 2*S
r = 2*S
l = cross_entropy(S, label)
W1 := W1 - α * dl/dW1
"""


@pytest.fixture
def workbook() -> Workbook:
    return Workbook(Source(NETWORK, "problem.chain"))


def tree(workbook: Workbook, text: str) -> Expression:
    found = formula(text, workbook.names)
    assert found.expression is not None, found.problem
    return found.expression


def value(workbook: Workbook, text: str) -> Value:
    return workbook.value(Source(text, "answer.txt"), tree(workbook, text))


def node(workbook: Workbook, text: str) -> Node:
    return value(workbook, text).node


def define(workbook: Workbook, name: str, text: str) -> Node:
    return workbook.define(Source(text, "answer.txt"), name, tree(workbook, text))


def refusal(workbook: Workbook, text: str) -> ChainruleError:
    with pytest.raises(ChainruleError) as caught:
        value(workbook, text)
    return caught.value


# 003-1d says r = ∂E/∂ŷ, so ∂E/∂v is computed from r.
THROUGH_A_NAMED_DERIVATIVE = {"003-1d": ["∂E/∂v"]}


# --- what an expression means ---------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_questions_of_a_lecture_mean_the_same_again(path: Path) -> None:
    source = Source(path.read_text(encoding="utf-8"), path.name)
    workbook = Workbook(source)
    asked = [one for one in parse(source).statements if isinstance(one, Question)]
    found = [workbook.value(source, one.expression).node for one in asked]
    answers = {one.text: one.node for one in workbook.paper.questions}
    named = workbook.paper.graph.named_nodes
    others = [
        one.text
        for one, node in zip(asked, found, strict=True)
        if answers.get(one.text, node) is not node and node not in named
    ]
    assert others == THROUGH_A_NAMED_DERIVATIVE.get(path.stem, [])


@pytest.mark.parametrize(
    ("text", "shape", "layout"),
    [
        ("h", (2,), None),
        ("S - label", (2,), None),
        ("h[0]", (), None),
        ("dl/dW1", (2, 2), Layout((), (2, 2))),
        ("(dl/dW1)[1, 0]", (), None),
        ("∂l/∂W1[1]", (2,), Layout((), (2,))),
        ("dS/dO", (2, 2), Layout((2,), (2,))),
        ("dl/dS · dS/dO", (2,), Layout((), (2,))),
        ("-α * dl/dW1", (2, 2), Layout((), (2, 2))),
        ("new(W1)", (2, 2), None),
        ("new(l)", (), None),
        ("f(3)", (), None),
        ("D(f)(3)", (), Layout((), ())),
        ("pi", (), None),
    ],
)
def test_an_expression(
    workbook: Workbook, text: str, shape: tuple[int, ...], layout: Layout | None
) -> None:
    found = value(workbook, text)
    assert (found.node.shape, found.layout) == (shape, layout)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I @ W0", "h"),
        ("relu(I @ W0)", "L"),
        ("relu(h)", "L"),
        ("softmax(relu(I @ W0) @ W1 + b)", "S"),
        ("cross_entropy(softmax(O), label)", "l"),
        ("q", "q"),
        ("r", "r"),  # an equal quantity of another name stays one of its own
        ("2*S", "q"),
    ],
)
def test_a_quantity_by_its_formula_is_the_quantity(
    workbook: Workbook, text: str, name: str
) -> None:
    assert node(workbook, text) is workbook.paper.graph[name]


def test_what_a_problem_computes_from_a_named_derivative() -> None:
    workbook = Workbook(Source("x = [1, 2]\ny = x^2\nl = sum(y^3)\nδ = dl/dy"))
    assert node(workbook, "dl/dy") is workbook.paper.graph["δ"]
    assert workbook.paper.graph["δ"] in node(workbook, "dl/dx").inputs


@pytest.mark.parametrize(
    "text", ["dl/dW1", "dS/dO", "D(f)(3) + 1", "g([1, 2, 3])", "new(l)", "[[1, 2], [3, 4]] @ h"]
)
def test_the_same_text_is_the_same_node_in_the_next_solution(workbook: Workbook, text: str) -> None:
    first = value(workbook.fresh(), text)
    assert value(workbook.fresh(), f" {text} ".strip()) is first
    assert node(workbook, f"({text}) * 1").shape == first.node.shape


def test_numbers_are_told_apart_by_how_they_are_written(workbook: Workbook) -> None:
    assert node(workbook, "h * 0.2") is not node(workbook, "h * 0.20")


def test_an_update_is_told_from_the_quantity_at_the_same_place(workbook: Workbook) -> None:
    new, old = tree(workbook, "new(W1)[0]"), tree(workbook, "W1[0]")
    source = Source("W1[0]")
    assert workbook.value(source, new).node is not workbook.value(source, old).node


def test_brackets_of_one_text_are_not_taken_for_those_of_another(workbook: Workbook) -> None:
    source = Source(" " * 1000)  # too long to be remembered: every tree is read, then gone
    for count in range(200):
        text = f"[{count}, {count + 1}] * h"
        found = formula(f"{text} + [0, 0]{' ' * 500}".replace(" ", "  "), workbook.names)
        assert found.expression is not None
        result = workbook.value(source, found.expression).node
        assert Plan([result], [workbook.paper.graph["h"]])([1.0, 1.0])[0].tolist() == [
            count,
            count + 1,
        ]


def test_what_is_remembered_has_a_limit(
    workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_KEPT", 10)
    before = [len(kept) for kept in workbook._expressions.remembered]
    for count in range(100):
        page = workbook.fresh()
        value(page, f"f({count}) + D(f)({count})")
        define(page, "z", f"f(h) * {count}")
        value(page, "dz/dh")
        assert value(page, "dl/dW1") is value(page, "dl/dW1")
    assert len(workbook._kept) <= 10
    assert len(workbook._own) <= 30
    grown = [len(kept) for kept in workbook._expressions.remembered]
    assert all(after <= size + 60 for size, after in zip(before, grown, strict=True))


def test_nothing_of_what_is_read_stays_in_the_problem(workbook: Workbook) -> None:
    scope = workbook._expressions.scope
    before = dict(scope.values), dict(scope.notes), list(scope.derivatives.asked)
    define(workbook, "z", "2 * h")
    value(workbook, "dz/dh + dS/dO")
    value(workbook, "dlabel/dh")  # 0, of which a problem's own question is warned
    refusal(workbook, "dl/dz")
    assert (scope.values, scope.notes, scope.derivatives.asked) == before
    assert scope.derivatives.independent == []


# --- problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("1 + z", (1, 5), "'z' is not defined."),
        ("h + W2", (1, 5), "'W2' is not defined. Did you mean"),
        ("h + [1, 2, 3]", (1, 3), "h is (2) and [1, 2, 3] is (3): + acts entry by entry"),
        ("h[2]", (1, 3), "index 2 is out of range for axis 0 of (2), whose indices go from 0 to 1"),
        ("new(h, h)", (1, 1), "new takes one name"),
        ("2 + f", (1, 5), "'f' is a function: give it a point, f(...)."),
        # what is wrong within a function of the problem's is shown where it is called
        ("1 + g([1, 2])", (1, 1), "x is (2) and [1, 2, 3] is (3)"),
    ],
)
def test_a_problem_is_pinned_to_the_solution(
    workbook: Workbook, text: str, place: tuple[int, int], message: str
) -> None:
    problem = refusal(workbook, text)
    assert problem.place == ("answer.txt", *place)
    assert problem.message.startswith(message)


def test_a_problem_that_cannot_be_read() -> None:
    with pytest.raises(PaperError, match=r"problem.chain:2:3"):
        Workbook(Source("x = 1\ny = ", "problem.chain"))


def multiples(workbook: Workbook, count: int) -> list[Value]:
    return [value(workbook, f"h * {factor}") for factor in range(count)]


def test_a_solution_that_asks_for_too_much_is_refused(
    workbook: Workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_READ", 350)
    with pytest.raises(TooLarge, match="Together the expressions of this text"):
        multiples(workbook.fresh(), 500)
    assert node(workbook.fresh(), "h + 1").shape == (2,)
    monkeypatch.setattr(limits, "FAILED", 351)
    assert isinstance(refusal(workbook.fresh(), "1 + nothing"), TooLarge)


# --- names that a solution introduces -------------------------------------------------------------


def test_another_name_for_a_quantity(workbook: Workbook) -> None:
    assert define(workbook, "z", "I @ W0") is workbook.paper.graph["h"]
    assert define(workbook, "z2", "h") is workbook.paper.graph["h"]
    assert node(workbook, "dl/dz") is node(workbook, "dl/dz2")
    assert node(workbook, "dl/dz") is node(workbook, "dl/dh")
    assert define(workbook, "w", "I") is workbook.paper.graph["I"]


def test_a_name_for_what_the_problem_computes_without_one(workbook: Workbook) -> None:
    product = define(workbook, "p", "L @ W1")
    assert product in workbook.paper.graph["O"].inputs
    assert node(workbook, "dl/dp").shape == (2,)


def test_a_name_for_a_derivative(workbook: Workbook) -> None:
    assert define(workbook, "δ", "dl/dO") is node(workbook, "dl/dO")
    assert value(workbook, "δ").layout == Layout((), (2,))
    assert node(workbook, "δ · dO/dW1") is node(workbook, "dl/dO · dO/dW1")


def test_a_quantity_of_the_solutions_own(workbook: Workbook) -> None:
    z = define(workbook, "z", "3 * h")
    assert z.distinct
    assert define(workbook, "y", "3 * h") is not z
    assert node(workbook, "dz/dh").shape == (2, 2)
    assert define(workbook, "n", "2").distinct
    assert define(workbook, "m", "[1, 2]").distinct
    problem = refusal(workbook, "dl/dz")
    assert isinstance(problem, NameProblem)
    assert problem.message == "The problem's l is not computed through z."
    assert problem.place == ("answer.txt", 1, 1)


def test_a_quantity_of_the_same_name_and_formula_is_the_same_in_the_next_solution(
    workbook: Workbook,
) -> None:
    first, second, third = workbook.fresh(), workbook.fresh(), workbook.fresh()
    assert define(first, "z", "3 * h") is define(second, "z", "3*h")
    assert define(third, "z", "4 * h") is not node(second, "z")
    assert value(first, "dz/dh + 1") is value(second, "dz/dh + 1")
    assert node(third, "dz/dh + 1") is not node(second, "dz/dh + 1")


def test_names_do_not_reach_the_next_solution(workbook: Workbook) -> None:
    page = workbook.fresh()
    define(page, "z", "3 * h")
    assert page.names - workbook.names == {"z"}
    assert page.fresh().names == workbook.names
    assert refusal(page.fresh(), "z + 1").message.startswith("'z' is not defined.")
    assert workbook.introduced == {}


@pytest.mark.parametrize("name", ["h", "I", "f", "new", "grad", "n"])
def test_a_name_that_has_a_meaning(name: str) -> None:
    workbook = Workbook(Source(f"{NETWORK}\nv : R^n", "problem.chain"))
    with pytest.raises(NameProblem, match=f"'{name}' has a meaning already") as caught:
        define(workbook, name, "2 * h")
    assert caught.value.place == ("answer.txt", 1, 1)


def test_a_name_twice(workbook: Workbook) -> None:
    define(workbook, "z", "3 * h")
    with pytest.raises(NameProblem, match="'z' has a meaning already"):
        define(workbook, "z", "3 * h")


def test_a_name_without_end(workbook: Workbook) -> None:
    with pytest.raises(TooLarge, match="more than 1,000 characters"):
        define(workbook, "z" * 1001, "3 * h")
