"""Quantities without numbers: their shapes, sizes with a name, abstract functions, facts."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.errors import ChainruleError, ShapeError, TooLarge
from chainrule.graph.facts import word
from chainrule.graph.node import Node, Shape
from chainrule.graph.source import Source
from chainrule.notation.text import TOO_LONG, show
from chainrule.ops import all_functions
from chainrule.paper import printer
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper, find_symbolic
from chainrule.run.interpreter import evaluate_all


def read(text: str, **sizes: int) -> Paper:
    return elaborate(parse(Source(text, "paper.chain")), sizes)


def has_no_number(paper: Paper, node: Node) -> bool:
    found: dict[Node, bool] = {}
    find_symbolic(node, found, paper.values)
    return found[node]


def written(text: str) -> list[str]:
    """What each question comes to, as text; it reads back as the same."""
    paper = read(text)
    shown = [show(question.node, paper.graph.name_of) for question in paper.questions]
    again = read("\n".join([text, *shown])).questions[len(shown) :]
    for question, back in zip(paper.questions, again, strict=True):
        assert back.node.shape == question.node.shape
    paper = read("\n".join([text, *shown]))
    assert [show(q.node, paper.graph.name_of) for q in paper.questions] == [*shown, *shown]
    return shown


# --- what is written --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("x : R", "x : R"),
        ("x:R^2", "x : R^2"),
        ("x : ℝ^2", "x : R^2"),
        ("x, y,z : R^n", "x, y, z : R^n"),
        ("W : R^(2 x 3)", "W : R^(2 x 3)"),
        ("W : R^(2x3)", "W : R^(2 x 3)"),
        ("W : R^(2xn)", "W : R^(2 x n)"),
        ("W : R^(2x3x4)", "W : R^(2 x 3 x 4)"),
        ("W : R^(n × m)", "W : R^(n x m)"),
        ("W : R^(x x x)", "W : R^(x x x)"),
        ("W : R^(n)", "W : R^n"),
        ("W : R**(n x 2)", "W : R^(n x 2)"),
        ("T : R^(a x b x c),symmetric , positive", "T : R^(a x b x c), symmetric, positive"),
        ("label : one_hot", "label : one_hot"),
        ("a, b : positive, symmetric", "a, b : positive, symmetric"),
        ("f : R^2 -> R", "f : R^2 -> R"),
        ("f : ℝ^n → ℝ^(n × m)", "f : R^n -> R^(n x m)"),
        ("f : R^2 x R^n x R -> R", "f : R^2 x R^n x R -> R"),
    ],
)
def test_every_spelling_has_one_meaning(text: str, canonical: str) -> None:
    program = parse(Source(text))
    assert printer.show(program) == f"{canonical}\n"
    assert printer.show(parse(Source(canonical))) == f"{canonical}\n"


@pytest.mark.parametrize(
    ("text", "shape", "shown"),
    [
        ("x : R", (), "()"),
        ("x : R^2", (2,), "(2,)"),
        ("x : R^(2 x 3 x 4)", (2, 3, 4), "(2, 3, 4)"),
        ("x : R^(n x m)", None, "(n, m)"),
        ("y = x @ x\nx : R^(n x n)", None, "(n, n)"),
        ("n = 3\nx : R^(n x 2)", (3, 2), "(3, 2)"),
        ("x : R^(n x 2)\nn = 3", (3, 2), "(3, 2)"),
    ],
)
def test_a_declared_quantity_has_a_shape_and_no_value(
    text: str, shape: Shape | None, shown: str
) -> None:
    paper = read(text)
    (declared,) = paper.declared
    assert (declared.name, str(declared.shape)) == ("x", shown)
    assert shape is None or declared.node.shape == shape
    assert paper.graph["x"] is declared.node
    assert declared.node not in paper.values
    assert has_no_number(paper, declared.node)


def test_what_is_declared_is_kept_as_it_was_written() -> None:
    paper = read("X : R^(n × m)\nf : R^n → R\ny, z : R^2, positive\nn2 = 1")
    assert [one.text for one in paper.declared] == ["X : R^(n × m)", "y : R^2", "z : R^2"]
    assert [(one.name, one.text) for one in paper.abstract] == [("f", "f : R^n → R")]
    assert paper.sizes == ("n", "m")
    assert paper.source.slice(paper.declared[2].span) == "y, z : R^2, positive"
    assert paper.graph.names == ("X", "y", "z", "n2")


def test_a_declaration_may_state_the_shape_of_what_has_numbers_or_a_formula() -> None:
    paper = read("x : R^2\nx = [1, 2]\ny : R^n\ny = 2 * z\nz : R^n")
    assert [one.name for one in paper.declared] == ["z"]
    assert [one.name for one in paper.givens] == ["x"]
    assert [one.name for one in paper.definitions] == ["y"]


def test_which_nodes_have_no_number() -> None:
    text = (
        "x : R\ny = 3\nf : R -> R\nA : R^n\nx + y\ny + 1\nf(y)\nn\nzeros(n)\nd(x*y)/dy\nd(2*y)/dy"
    )
    paper = read(text)
    found = {question.text: has_no_number(paper, question.node) for question in paper.questions}
    assert found == {
        "x + y": True,
        "y + 1": False,
        "f(y)": True,
        "n": True,
        "zeros(n)": True,
        "d(x*y)/dy": True,
        "d(2*y)/dy": False,
    }


# --- what is asked ----------------------------------------------------------------------------

NAMES = "X : R^(n x m)\ny : R^n\nw : R^m\nA : R^(n x n)\nc : R\nu = X @ w\n"


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("X @ w", "X @ w"),
        ("n", "n"),
        ("n * y + 2", "n * y + 2"),
        ("zeros(n, 2)", "zeros(n, 2)"),
        ("ones(m)", "ones(m)"),
        ("eye(n) @ A", "eye(n) @ A"),
        ("reshape(X, m * n)", "reshape(X, to=[n·m])"),
        ("reshape(X, m, n)", "reshape(X, to=[m, n])"),
        ("broadcast(c, to=[2*n + 1])", "broadcast(c, to=[2·n + 1])"),
        ("concat(y, w)", "concatenate(y, w, axis=0)"),
        ("concat(y, w)[n:]", "concatenate(y, w, axis=0)[n:n + m]"),
        ("X[0]", "X[0, 0:m]"),
        ("X[:, -1]", "X[0:n, m - 1]"),
        ("y[::-1]", "y[n - 1::-1]"),
        ("y[:1]", "y[0:1]"),
        ("sum(X, axis=0)", "sum(X, axis=0)"),
        ("du/dw", "X"),
        ("∂(mean(X))/∂X", "broadcast(1 / (n * m), to=[n, m])"),
        ("∂(sum((X @ w - y)^2))/∂w", "2 * (X @ w - y) @ X"),
        ("∂(mse(X @ w, y))/∂w", "(2 * (X @ w - y) / n) @ X"),
    ],
)
def test_sizes_without_numbers_are_written_by_name(question: str, shown: str) -> None:
    assert written(NAMES + question) == [shown]


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("f(x)", "f(x)"),
        ("f(c, 2)", "f([c, 2])"),
        ("g(x)", "g(x)"),
        ("g'(c)", "g'(c)"),
        ("g''(c)", "g''(c)"),
        ("g″(c)", "g''(c)"),
        ("D(g)(c)", "g'(c)"),
        ("D(D(g'))(c)", "g'''(c)"),
        ("D(f)(x)", "grad(f)(x)"),
        ("grad(f)(x)", "grad(f)(x)"),
        ("D(F)(x)", "D(F)(x)"),
        ("∂(f(x))/∂x", "grad(f)(x)"),
        ("∂(g(f(x)))/∂x", "grad(f)(x) * g'(f(x))"),
        ("∂(h(x, c))/∂c", "grad(h, 1)(x, c)"),
        ("D(h, 0)(x, c)", "grad(h, 0)(x, c)"),
        ("grad(h, 1)(x, 2)", "grad(h, 1)(x, 2)"),
        ("(g∘f)(x)", "g(f(x))"),
        ("D(g∘f)(x)", "grad(f)(x) * g'(f(x))"),
        ("P(c)", "g(c) + 1"),
    ],
)
def test_functions_without_a_formula_are_written_as_on_paper(question: str, shown: str) -> None:
    text = """
        x : R^2
        c : R
        f : R^2 -> R
        F : R^2 -> R^3
        g : R -> R
        h : R^2 x R -> R
        P(t) = g(t) + 1
    """
    assert written(f"{text}\n{question}") == [shown]


def test_a_function_of_the_library_can_be_declared_anew() -> None:
    assert written("softmax : R^2 -> R\nx : R^2\n∂(softmax(x))/∂x") == ["grad(softmax)(x)"]


def test_updates_of_what_is_declared() -> None:
    text = "w : R^n\nl = sum(w^2)\nw := w - 0.1 * dl/dw\nnew(l)"
    assert written(text) == ["sum((w - 0.1 * (2 * w))^2)"]


# --- the same with numbers --------------------------------------------------------------------

SIZES = {"n": 3, "m": 4, "k": 2}
SHAPES = "v, u : R^n\nX, Y : R^(n x m)\nA, B : R^(n x n)\nT : R^(k x n x m)"


def calls() -> list[str]:
    """Every function of the library, of arrays whose sizes are names."""
    found = []
    for name, function in all_functions().items():
        needed = ", axis=0" if function.needed == ("axis",) else ""
        if function.fewest == 1:
            found += [f"{name}({x}{needed})" for x in ("v", "X", "A", "T")]
        elif function.fewest == 2:
            found += [f"{name}({x}{needed})" for x in ("v, u", "X, Y", "A, B", "A, v", "v, X")]
        elif function.fewest == 3:
            found += [f"{name}({x}{needed})" for x in ("v, u, v", "X, Y, X", "X, v, v")]
    return found


def test_names_for_sizes_mean_what_numbers_do() -> None:
    compared = 0
    for call in calls():
        compared += agrees(call)
    assert compared > 250


def agrees(call: str) -> int:
    """How many formulas over named sizes are worth the same as those built with the numbers."""
    text = f"{SHAPES}\n{call}\n∂(sum({call}))/∂{call[call.index('(') + 1]}"
    try:
        named = read(text)
    except ChainruleError:
        return 0  # it is no such call, or takes the sizes as numbers
    shown = [show(question.node, named.graph.name_of) for question in named.questions]
    shown = [formula for formula in shown if TOO_LONG not in formula]
    paper = read("\n".join([text, *shown]), **SIZES)
    random = np.random.default_rng(3)
    values = {one.node: random.uniform(0.2, 0.9, one.shape) for one in paper.declared}
    nodes: list[Node] = [question.node for question in paper.questions]
    with np.errstate(all="ignore"):
        try:
            answers = evaluate_all(nodes, values)
        except ChainruleError:
            return 0  # no value at these numbers
    for formula, found, wanted in zip(shown, answers, answers[len(shown) :], strict=False):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-10, err_msg=formula)
    return len(shown)


@pytest.mark.parametrize("sizes", [{"n": 0}, {"n": -1}, {"n": 10**9}])
def test_a_size_that_is_handed_in_is_above_0(sizes: dict[str, int]) -> None:
    with pytest.raises(ShapeError, match="The size n is a whole number above 0"):
        read("x : R^n", **sizes)


def test_sizes_that_are_not_handed_in_stay_names() -> None:
    assert str(read("X : R^(n x m)", m=2, other=5).declared[0].shape) == "(n, 2)"


# --- facts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("x : R^2, positive", ["positive: x : positive (line 1)"]),
        (
            "A, B : R^(n x n), symmetric",
            ["symmetric: A : symmetric (line 1)", "symmetric: B : symmetric (line 1)"],
        ),
        ("x : R, positive, positive\nx : positive", ["positive: x : positive (line 1)"]),
        ("x : one_hot\nx = [0, 1]", ["one_hot: x : one_hot (line 1)"]),
        ("y = 2 * x\ny : integer\nx : R", ["integer: y : integer (line 2)"]),
        ("x : R\nx > 0", ["positive: x > 0 (line 2)"]),
        ("x : R\n0 < x", ["positive: 0 < x (line 2)"]),
        ("x : R\nx >= 0", ["nonnegative: x >= 0 (line 2)"]),
        ("x : R\nx ≤ 0", ["nonpositive: x ≤ 0 (line 2)"]),
        ("x : R\n0.0 > x", ["negative: 0.0 > x (line 2)"]),
        ("x : R\nx != 0", ["nonzero: x != 0 (line 2)"]),
        ("x : R^n\nsum(x) > 0", ["positive: sum(x) > 0 (line 2)"]),
        ("f : R -> R\nf(1) > 0", ["positive: f(1) > 0 (line 2)"]),
    ],
)
def test_facts_are_stated_of_nodes(text: str, facts: list[str]) -> None:
    paper = read(text)
    assert [f"{word(one.fact)}: {one.where}" for one in paper.declarations] == facts
    assert not paper.questions
    for one in paper.declarations:
        assert one.span is not None
        assert paper.source.slice(one.span) in one.where


@pytest.mark.parametrize("text", ["x = 1\nx > 0", "x : R\nx > 1", "x : R\nx == 0"])
def test_other_comparisons_are_questions(text: str) -> None:
    paper = read(text)
    assert len(paper.questions) == 1
    assert not paper.declarations


# --- names that mean two things ---------------------------------------------------------------


def test_x_between_sizes_is_no_name() -> None:
    assert written("x : R^2\nW : R^(3 x 2)\nW @ x") == ["W @ x"]


def test_a_differential_by_what_is_declared() -> None:
    assert written("x : R^2\ny = sum(x)\ndy/dx") == ["ones(2)"]


def test_a_size_does_not_hide_a_word() -> None:
    text = "A : R^(ij x ij)\neinsum(A, A, terms=[ij, jk], result=ik)\nsum(A)/ij"
    assert written(text) == ["einsum(A, A, terms=[ij, jk], result=ik)", "sum(A) / ij"]


def test_a_parameter_hides_a_size() -> None:
    assert written("x : R^n\nF(n) = 2 * n\nF(3)") == ["2 * 3"]


# --- what strangers send ----------------------------------------------------------------------

DOUBLED = "x0 : R^n\n" + "".join(f"x{i + 1} = concat(x{i}, x{i})\n" for i in range(40))
JOINED = "".join(f"x{i} : R^n{i}\n" for i in range(80))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x : R^(1000 x 1000 x 2)", "at most 1,000,000 numbers"),
        (f"x : R^({' x '.join('n' * 13)})", "at most 12"),
        ("".join(f"x{i} : R^n{i}\n" for i in range(101)), "at most 100 sizes"),
        (f"{'x' * 1001} : R", "more than 1,000 characters"),
        (f"x : R^{'n' * 1001}", "more than 1,000 characters"),
        (f"{'f' * 1001} : R -> R", "more than 1,000 characters"),
        (DOUBLED, "The numbers in a size go up to 1,000,000,000"),
        (f"{JOINED}concat({', '.join(f'x{i}' for i in range(80))})", "at most 64 terms"),
    ],
)
def test_what_is_too_large_is_refused(text: str, message: str) -> None:
    with pytest.raises(TooLarge, match=message) as caught:
        read(text)
    assert caught.value.place is not None


def test_thousands_of_declarations_are_read() -> None:
    lines = [f"x{i} : R^(n x n), symmetric\nx{i}[0, 0] > 0" for i in range(2000)]
    paper = read("\n".join(lines))
    assert (len(paper.declared), len(paper.declarations)) == (2000, 4000)
    repeated = read(f"A : R^(n x n)\nA : {', '.join(['symmetric'] * 20_000)}")
    assert len(repeated.declarations) == 1
