"""What a program means: values, derivatives and their shapes, functions, updates, remarks."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest

from chainrule.explain.solution import solve
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper


def read(text: str) -> Paper:
    return elaborate(parse(Source(text, "paper.chain")))


def answers(text: str) -> dict[str, npt.NDArray[np.float64]]:
    """The value of each question, as it is written."""
    return {answer.text: answer.value for answer in solve(read(text)).answers}


def is_worth(text: str, question: str, value: npt.ArrayLike) -> None:
    """The question, asked after the program, has this value in this shape."""
    found = answers(f"{text}\n{question}")[question]
    wanted = np.asarray(value, float)
    assert found.shape == wanted.shape, question
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-13, err_msg=question)


NETWORK = """
x = [1, 2]
W = [[1, 2], [3, 4], [5, 6]]
b = [0.5]
h = W @ x
S = softmax(h / 10)
l = sum(h^2)
m = h * S
"""


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        # the gradient of a number has the shape of what it is taken by
        ("dl/dx", (2,)),
        ("dl/dW", (3, 2)),
        ("dl/dl", ()),
        ("∂l/∂x[0]", ()),
        ("∂l/∂x[0:1]", (1,)),
        ("∂l/∂W[1]", (2,)),
        ("∂l/∂W[:, 1]", (3,)),
        # anything else is outputs × inputs, both flattened row by row
        ("dh/dx", (3, 2)),
        ("dh/dW", (3, 6)),
        ("dW/dx", (6, 2)),
        ("dW/dW", (6, 6)),
        ("∂h/∂x[1]", (3, 1)),
        ("∂h/∂W[1]", (3, 2)),
        ("∂(2 * W)/∂W[0:2, 0]", (6, 2)),
        ("dx/db", (2, 1)),
        # of one entry by one entry: a number; of one entry: a gradient
        ("dh[0]/dx[1]", ()),
        ("dh[0]/dx", (2,)),
        ("dh[0:1]/dx", (1, 2)),
        # products of derivatives have the shape of the last denominator
        ("dl/dh · dh/dx", (2,)),
        ("dl/dh · dh/dW", (3, 2)),
        ("dm/dh · dh/dx", (3, 2)),
        ("dm/dh · dh/dW", (3, 6)),
        # unless they are matrix products, which never flatten
        ("dm/dh @ dh/dx", (3, 2)),
        ("dl/dh @ dh/dx", (2,)),
    ],
)
def test_the_shape_of_a_derivative(question: str, shape: tuple[int, ...]) -> None:
    assert answers(NETWORK + question)[question].shape == shape


@pytest.mark.parametrize(
    "questions",
    [
        ["dl/dx", "∂l/∂x", "(dl/dx)", "∂(l)/∂x", "d(l)/dx", "dl/dh · dh/dx", "dl/dh @ dh/dx"],
        ["(dh/dx)[0, 1]", "dh[0]/dx[1]", "∂h[0]/∂x[1]", "∂(h[0])/∂x[1]", "W[0, 1]"],
        ["(dh/dx)[:, 1:2]", "dh/dx[1]", "dh/dx[1:]", "dh/dx[-1]"],
        ["(dh/dx)[2]", "dh[2]/dx", "dh[-1]/dx", "W[2]"],
        ["dl/dW", "dl/dh · dh/dW", "2 · outer(h, x)", "outer(dl/dh, x)"],
        ["vec(dl/dW)", "dl/dh @ dh/dW", "vec(dl/dh · dh/dW)"],
        # what two ways lead to is their sum
        ["dm/dx", "(∂m/∂h) · (∂h/∂x)", "dm/dh · dh/dx"],
        ["∂(h * S)/∂x", "eye(3) * S @ dh/dx + eye(3) * h @ dS/dx"],
        ["dl/dx · 1", "1 · dl/dx", "dl/dx * 1", "2 * dl/dx - dl/dx", "-(-dl/dx)", "dl/dx / 1"],
        ["dl/dx^2", "(dl/dx)^2", "dl/dx * dl/dx"],
        ["dl/dWᵀ", "(dl/dW)ᵀ", "transpose(dl/dW)"],
        ["3 * dl/dx", "d(3*l)/dx", "∂(3 * l)/∂x", "∂(l + l + l)/∂x"],
    ],
)
def test_two_ways_to_ask_the_same(questions: list[str]) -> None:
    found = answers("\n".join([NETWORK, *questions]))
    for question in questions[1:]:
        assert found[question].shape == found[questions[0]].shape, question
        np.testing.assert_allclose(found[question], found[questions[0]], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("text", "question", "value"),
    [
        # a name's derivative counts every way through the file
        ("x = 3\ny = x + 1\nz = x * y", "dz/dx", 7),
        ("x = 3\ny = x + 1\nz = x * y", "dz/dy", 3),
        ("x = 3\ny = x + 1\nz = x * y\nl = z^2", "dl/dz · dz/dy · dy/dx", 72),
        # equal formulas under two names are two quantities
        ("x = 3\na = 2*x\nb = 2*x\nl = a * b", "dl/da", 6),
        ("x = 3\na = 2*x\nb = 2*x\nl = a^2 * b", "[dl/da, dl/db]", [72, 36]),
        ("x = 3\na = 2*x\nb = 2*x\nl = a * b", "dl/dx", 24),
        ("x = 3\na = x\nl = a * x", "[dl/da, dl/dx]", [3, 6]),
        ("x = 3\na = x\nb = a\nl = a * b", "[dl/da, dl/db, dl/dx]", [6, 3, 6]),
        # derivatives are ordinary expressions
        ("x = 2\ny = x^3\ng = dy/dx", "dg/dx", 12),
        ("x = 2\ny = x^3", "∂(∂(∂y/∂x)/∂x)/∂x", 6),
        ("x = [1, 2]\ny = sum(x^3)\ng = dy/dx", "dg/dx", [[6, 0], [0, 12]]),
        ("w = [1, 2]\nl = (w @ w)^2\ng = dl/dw", "g @ g", 2000),
        ("W = [[1, 2]]\nl = sum(W^3)\ng = dl/dW", "dg/dW", [[6, 0], [0, 12]]),
        ("x = 2\ny = x^3\ng = dy/dx\ny2 = y + g", "dy2/dx", 24),
        # dy is a name here, and dy/dx a quotient; ∂ is always a derivative
        ("x = 4\nz = 5\ndy = 8", "dy/x", 2),
        ("x = 4\ny = x^2\ndz = 8\nz = 1", "dz/y", 0.5),
        ("t = 1\ny = 3\ndy = t - y", "∂dy/∂y", -1),
        ("t = 1\ny = 3\ndy = t - y\nl = dy^2", "dl/ddy", -4),
        ("d = 6\nx = 2", "d/x", 3),
        ("l = 6\nx = 2\ndl = 8\ndx = 4", "(dl)/(dx)", 2),
        ("l = 6\nx = 2", "l / x", 3),
        # what does not depend has a derivative of zero
        ("x = 1\ny = 2", "dy/dx", 0),
        ("x = [1, 2]\ny = [3, 4, 5]", "dy/dx", np.zeros((3, 2))),
        ("x = [1, 2]\ny = x > 1", "dy/dx", np.zeros((2, 2))),
        ("x = 1\ny = 2 * x", "dx/dy", 0),
    ],
)
def test_a_derivative(text: str, question: str, value: npt.ArrayLike) -> None:
    is_worth(text, question, value)


def test_a_second_name_is_a_second_node() -> None:
    paper = read("x = 3\na = 2*x\nb = 2*x\nc = b")
    nodes = [paper.graph[name] for name in paper.graph.names]
    assert len({id(node) for node in nodes}) == 4
    assert [paper.graph.name_of(node) for node in nodes] == ["x", "a", "b", "c"]


def test_statements_may_stand_in_any_order() -> None:
    lines = ["x = 2", "y = f(x) + 1", "f(t) = t^2 * x", "x := x - 0.1 * dy/dx", "n = new(y)"]
    for order in permutations(lines):
        solution = solve(read("\n".join(order)))
        found = {one.name: float(one.value) for one in solution.values}
        assert found == pytest.approx({"y": 9, "n": 1.512})
        assert [float(one.new) for one in solution.changes] == [pytest.approx(0.8)]


@pytest.mark.parametrize(
    ("text", "question", "value"),
    [
        # all updates act together: everywhere a name is its old value
        ("a = 1\nb = 2\na := b\nb := a", "[a, b, new(a), new(b)]", [1, 2, 2, 1]),
        ("w = 2\nl = w^2\nw := w - 0.1 * dl/dw", "[w, new(w), l, new(l)]", [2, 1.6, 4, 2.56]),
        ("w = 2\nw := w - 1\nv = 3\nv := v + w", "new(v)", 5),
        # unless it is new(...) that is read
        ("w = 2\nw := w - 1\nv = 3\nv := v + new(w)", "new(v)", 4),
        ("w = 2\nl = w^2\nw := w - 1\nv = 3\nv := new(l)", "new(v)", 1),
        # what is computed is updated, too, and everything above it with it
        ("x = 1\ny = 2*x\nz = y + x\ny := y + 10", "new(z)", 13),
        ("x = 1\ny = 2*x\nz = y + x\nx := x + 1", "[new(y), new(z)]", [4, 6]),
        # a derivative at the new values
        ("w = 2\nl = w^3\ng = dl/dw\nw := w - 1", "[g, new(g)]", [12, 3]),
        ("w = 2\nf(x) = x * w\nw := w - 1", "[f(3), new(w) * 3]", [6, 3]),
        ("w = 2\nf(x) = x * new(w)\nw := w - 1", "f(3)", 3),
        # a value that no update reaches stays
        ("w = 2\nx = 5\nw := w - 1", "new(x)", 5),
    ],
)
def test_an_update(text: str, question: str, value: npt.ArrayLike) -> None:
    is_worth(text, question, value)


def test_an_update_says_which_derivative_it_uses() -> None:
    text = "w = [1, 2]\nx = 3\nl = sum(w^2) * x\nw := w - 0.1 * ∂l/∂w\nx := x / 2"
    used, unused = solve(read(text)).changes
    assert (used.name, used.formula) == ("w", "w - 0.1 * ∂l/∂w")
    assert used.gradient is not None
    assert used.gradient.tolist() == [6, 12]
    assert used.old.tolist() == [1, 2]
    np.testing.assert_allclose(used.new, [0.4, 0.8])
    assert (unused.name, unused.gradient) == ("x", None)


@pytest.mark.parametrize(
    ("expression", "zero", "one"),
    [
        ("v[1]", 20, 10),
        ("v[1:3]", [20, 30], [10, 20, 30]),
        ("v[2:]", [30, 40], [20, 30, 40]),
        ("v[:2]", [10, 20], [10, 20]),
        ("v[1:4:2]", [20, 40], [10, 30]),
        ("v[3:1:-1]", [40, 30], [30, 20, 10]),
        ("v[::-1]", [40, 30, 20, 10], [40, 30, 20, 10]),
        ("M[1, 1]", 4, 1),
        ("M[1]", [3, 4], [1, 2]),
        ("M[:, 1]", [2, 4], [1, 3]),
        ("M[1:1]", np.zeros((0, 2)), [[1, 2]]),
        ("∂(M[1, 1]^2)/∂M[1, 1]", 8, 2),
        ("∂(v * v)/∂v[1:2]", [[0], [40], [0], [0]], [[20, 0], [0, 40], [0, 0], [0, 0]]),
        ("i", 1, 1),
        ("v[i]", 20, 10),
        ("sum(M, axis=1)", [3, 7], [3, 7]),  # axes count from 0 all the same
    ],
)
def test_indices_count_from_0_or_from_1(
    expression: str, zero: npt.ArrayLike, one: npt.ArrayLike
) -> None:
    given = "v = [10, 20, 30, 40]\nM = [[1, 2], [3, 4]]\ni = 1"
    is_worth(given, expression, zero)
    is_worth(f"index_base 0\n{given}", expression, zero)
    is_worth(f"index_base 1\n{given}", expression, one)


FUNCTIONS = """
F(x, y) = [x^2 + 2*y, 3*x + 4*y^2]
G(x) = [x, x^2]
f(x, y) = (2*x + 3*y)^2
c = 5
p(x) = c * x^3
q(v) = sum(v^2)
A = [[1, 2], [3, 4]]
L(v) = A @ v
B(v, w) = v @ A @ w
"""


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("F(1, 2)", [5, 19]),
        ("F([1, 2])", [5, 19]),  # one vector for as many numbers
        ("F(G(2))", [12, 70]),
        ("(F∘G)(2)", [12, 70]),
        ("(exp∘log)(3)", 3),
        ("D(F)(1, 2)", [[2, 2], [3, 16]]),
        ("D(F)([1, 2])", [[2, 2], [3, 16]]),
        ("D(G)(2)", [[1], [4]]),
        ("D(F∘G)(2)", [[12], [131]]),
        ("D(F)(G(2)) @ D(G)(2)", [[12], [131]]),
        ("D(F)(G(2)) · D(G)(2)", [[12], [131]]),
        ("D(q∘F∘G)(2)", 2 * 12 * 12 + 2 * 70 * 131),
        ("f(1, 2)", 64),
        ("grad(f)(1, 2)", [32, 48]),
        ("D(f)(1, 2)", [32, 48]),
        ("p(2)", 40),
        ("D(p)(2)", 60),
        ("D(D(p))(2)", 60),
        ("grad(grad(p))(2)", 60),
        ("D(grad(f))(1, 2)", [[8, 12], [12, 18]]),
        ("grad(q)([1, 2])", [2, 4]),
        ("D(L)([5, 6])", [[1, 2], [3, 4]]),
        ("grad(B)([1, 2], [3, 4])", None),
        ("D(B)([1, 2], [3, 4])", [11, 25, 7, 10]),
        ("D(sigmoid)(0)", 0.25),
        ("D(softmax)([0, 0])", [[0.25, -0.25], [-0.25, 0.25]]),
        ("D(squared_error)([1, 2], [3, 5])", [-4, -6, 4, 6]),
        ("D(max)([1, 3, 2])", [0, 1, 0]),
    ],
)
def test_a_function(question: str, value: npt.ArrayLike | None) -> None:
    if value is None:
        with pytest.raises(Exception, match="a gradient is by one array or by several numbers"):
            answers(FUNCTIONS + question)
    else:
        is_worth(FUNCTIONS, question, value)


def test_a_parameter_hides_a_name_and_a_function_of_the_library() -> None:
    text = "x = 10\nf(x, exp) = x + exp\n"
    is_worth(text, "f(1, 2)", 3)
    is_worth("sigmoid(x) = 2 * x", "[sigmoid(3), D(sigmoid)(3)]", [6, 2])
    is_worth("sum = 4", "sum * 2", 8)
    is_worth("sum = 4", "sum([1, sum])", 5)


def test_given_numbers_keep_their_text() -> None:
    paper = read("x = 0.20\nW = [[1, -2.50], [1e-3, .5]]\ny = 0.20 * x\nz = -1")
    texts = {given.name: given.texts for given in paper.givens}
    assert texts == {"x": ("0.20",), "W": ("1", "-2.50", "1e-3", ".5"), "z": ("-1",)}
    (defined,) = paper.definitions
    assert (defined.name, defined.formula) == ("y", "0.20 * x")


def test_a_question_knows_what_it_asks() -> None:
    paper = read("x = 1\ny = x^2\ny + 1\ndy/dx\n1 + ∂y/∂x\ng = dy/dx\ng")
    assert [question.text for question in paper.questions] == ["y + 1", "dy/dx", "1 + ∂y/∂x", "g"]
    assert [question.is_derivative for question in paper.questions] == [False, True, True, True]
    asked = paper.questions[1].asked[0]
    assert (asked.of, asked.wrt) == (paper.graph["y"], paper.graph["x"])


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("x = 1\ny = 2\ndy/dx", ["dy/dx is 0: y does not depend on x."]),
        ("x = 1\ny = 2\n3 + ∂(y + 1)/∂x", ["∂(y + 1)/∂x is 0: y + 1 does not depend on x."]),
        (
            "a = [[1], [2]]\nb = [3, 4]\nc = a + b",
            ["line 3: + repeats (2 × 1) and (2) to (2 × 2), a shape that neither has"],
        ),
        ("a = [[1, 2], [3, 4]]\nb = [3, 4]\nc = a + b", []),
        ("x = 1\ny = x\ndy/dx", []),
    ],
)
def test_a_remark(text: str, notes: list[str]) -> None:
    assert list(read(text).notes) == notes


@pytest.mark.parametrize(
    ("text", "name", "note"),
    [
        ("x = 0\ny = 1 / x\ndy/dx", "y", "y = 1 / x is infinite"),
        ("x = -1\ny = sqrt(x)", "y", "y = sqrt(x) is undefined (nan)"),
        ("x = 1e200\ny = x^2\nz = y - y", "y", "y = x^2 is infinite"),
    ],
)
def test_what_is_not_finite_is_remarked(text: str, name: str, note: str) -> None:
    solution = solve(read(text))
    (value,) = [one.value for one in solution.values if one.name == name]
    assert not np.isfinite(value)
    (remark,) = [one for one in solution.notes if "range of float64" in one]
    assert remark.startswith(note)
