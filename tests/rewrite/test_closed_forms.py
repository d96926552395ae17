"""Gradients as a person writes them: a table to read, and the lectures' numbers."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lectures.table import EXAMPLES
from tests.rewrite.drawing import draw

from chainrule.differentiate.walk import gradient
from chainrule.explain.solution import solve
from chainrule.graph.facts import Fact
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, fresh, topological, variable
from chainrule.graph.record import Record
from chainrule.graph.source import Source
from chainrule.notation.text import show
from chainrule.ops.activation import relu
from chainrule.ops.losses import squared_error
from chainrule.paper.elaborate import elaborate
from chainrule.paper.knowledge import knowledge_of
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper
from chainrule.rewrite.closed import ClosedForm, closed_form, closed_jacobian
from chainrule.run.interpreter import evaluate_all


class Form(Record):
    """A problem, what is asked, and the definitions that answer it, a line each."""

    title: str
    problem: str
    wrt: str
    answer: tuple[str, ...]
    of: str = "l"

    def __repr__(self) -> str:
        return self.title


VECTOR = """
I : R^2
W0, W1 : R^(2 x 2)
h = I @ W0
L = relu(h)
O = L @ W1
S = softmax(O)
"""
BATCH = VECTOR.replace("R^2\n", "R^(3 x 2)\n", 1)
SURE, UNSURE = "label : R^2, one_hot\n", "label : R^2\n"
SURE_BATCH, UNSURE_BATCH = "label : R^(3 x 2), one_hot\n", "label : R^(3 x 2)\n"
CROSS_ENTROPY = "l = -sum(label * log(S))"
DATA = "X : R^(5 x 2)\ny : R^5\nw : R^2\n"
SQUARE = "A, B : R^(3 x 3)\nx : R^3\n"

FORMS = (
    # the net of the lectures
    Form(
        "softmax and cross-entropy, the label sums to one",
        VECTOR + SURE + CROSS_ENTROPY,
        "W1 W0",
        (
            "dO = S - label",
            "dW1 = outer(L, dO)",
            "dW0 = outer(I, (W1 @ dO) * (h > 0))",
        ),
    ),
    Form(
        "softmax and cross-entropy, nothing is known of the label",
        VECTOR + UNSURE + CROSS_ENTROPY,
        "W1 W0",
        (
            "dO = S * sum(label) - label",
            "dW1 = outer(L, dO)",
            "dW0 = outer(I, (W1 @ dO) * (h > 0))",
        ),
    ),
    Form(
        "by the probabilities themselves",
        VECTOR + SURE + CROSS_ENTROPY,
        "S",
        ("dS = -label / S",),
    ),
    Form(
        "by every quantity on the way",
        VECTOR + SURE + CROSS_ENTROPY,
        "S O h I",
        (
            "dS = -label / S",
            "dO = S - label",
            "dh = (W1 @ dO) * (h > 0)",
            "dI = W0 @ dh",
        ),
    ),
    Form(
        "one weight alone: nothing is shared",
        VECTOR + SURE + CROSS_ENTROPY,
        "W0",
        ("dW0 = outer(I, (W1 @ (S - label)) * (h > 0))",),
    ),
    Form(
        "a batch",
        BATCH + SURE_BATCH + CROSS_ENTROPY,
        "W1 W0",
        (
            "dO = S - label",
            "dW1 = Lᵀ @ dO",
            "dW0 = Iᵀ @ ((dO @ W1ᵀ) * (h > 0))",
        ),
    ),
    Form(
        "a batch, its mean",
        BATCH + SURE_BATCH + CROSS_ENTROPY + " / 3",
        "W1 W0",
        (
            "dO = (S - label) / 3",
            "dW1 = Lᵀ @ dO",
            "dW0 = Iᵀ @ ((dO @ W1ᵀ) * (h > 0))",
        ),
    ),
    Form(
        "a batch, its mean, unsure",
        BATCH + UNSURE_BATCH + CROSS_ENTROPY + " / 3",
        "W1",
        ("dW1 = Lᵀ @ (S * sum(label, axis=1, keepdims=1) - label) / 3",),
    ),
    Form(
        "by its name",
        BATCH + SURE_BATCH + "l = mean_cross_entropy(S, label)",
        "W1 W0",
        (
            "dO = (S - label) / 3",
            "dW1 = Lᵀ @ dO",
            "dW0 = Iᵀ @ ((dO @ W1ᵀ) * (h > 0))",
        ),
    ),
    Form(
        "with logits",
        VECTOR + SURE + "l = cross_entropy_with_logits(O, label)",
        "W1 W0",
        (
            "dO = softmax(O) - label",
            "dW1 = outer(L, dO)",
            "dW0 = outer(I, (W1 @ dO) * (h > 0))",
        ),
    ),
    Form(
        "two hidden layers (000-D)",
        """
I : R^2
W0, W1, W2 : R^(2 x 2)
label : R^2, one_hot
h0 = I @ W0
L0 = relu(h0)
h1 = L0 @ W1
L1 = relu(h1)
O = L1 @ W2
S = softmax(O)
l = -sum(label * log(S))
""",
        "W2 W1 W0",
        (
            "dO = S - label",
            "dh1 = (W2 @ dO) * (h1 > 0)",
            "dW2 = outer(L1, dO)",
            "dW1 = outer(L0, dh1)",
            "dW0 = outer(I, (W1 @ dh1) * (h0 > 0))",
        ),
    ),
    # regression
    Form(
        "least squares",
        DATA + "l = sum((X @ w - y)^2)",
        "w X y",
        (
            "dw = 2 * Xᵀ @ (X @ w - y)",
            "dX = 2 * outer(X @ w - y, w)",
            "dy = -2 * (X @ w - y)",
        ),
    ),
    Form(
        "least squares as a scalar product",
        DATA + "l = (X @ w - y) @ (X @ w - y)",
        "w",
        ("dw = 2 * Xᵀ @ (X @ w - y)",),
    ),
    Form("mean squared error", DATA + "l = mse(X @ w, y)", "w", ("dw = 2 * Xᵀ @ (X @ w - y) / 5",)),
    Form(
        "least squares, regularized",
        DATA + "c : R\nl = sum((X @ w - y)^2) + c * w @ w",
        "w c",
        (
            "dw = 2 * (Xᵀ @ (X @ w - y) + c * w)",
            "dc = sum(w^2)",
        ),
    ),
    Form(
        "half squared error of a sigmoid",
        DATA + "ŷ = sigmoid(X @ w)\nl = sum((ŷ - y)^2) / 2",
        "w",
        ("dw = Xᵀ @ ((ŷ - y) * ŷ * (1 - ŷ))",),
    ),
    Form(
        "binary cross-entropy of a sigmoid, named",
        DATA + "z = X @ w\nŷ = sigmoid(z)\nl = binary_cross_entropy(ŷ, y)",
        "z w",
        (
            "dz = ŷ - y",
            "dw = Xᵀ @ dz",
        ),
    ),
    Form(
        "binary cross-entropy, written out",
        DATA + "ŷ = sigmoid(X @ w)\nl = -sum(y * log(ŷ) + (1 - y) * log(1 - ŷ))",
        "w",
        ("dw = Xᵀ @ (ŷ - y)",),
    ),
    # quadratic forms
    Form(
        "a quadratic form",
        SQUARE + "l = x @ A @ x",
        "x A",
        (
            "dx = (A + Aᵀ) @ x",
            "dA = outer(x, x)",
        ),
    ),
    Form(
        "a quadratic form, symmetric",
        SQUARE + "A : symmetric\nl = x @ A @ x",
        "x",
        ("dx = 2 * A @ x",),
    ),
    Form(
        "a bilinear form",
        SQUARE + "l = x @ A @ B @ x",
        "A B",
        (
            "dA = outer(x, B @ x)",
            "dB = outer(x @ A, x)",
        ),
    ),
    Form(
        "the square of a norm",
        SQUARE + "l = norm(A @ x)^2",
        "x A",
        (
            "dx = 2 * Aᵀ @ (A @ x)",
            "dA = 2 * outer(A @ x, x)",
        ),
    ),
    Form(
        "a norm, by its own name",
        SQUARE + "l = norm(A @ x)",
        "x A",
        (
            "dx = Aᵀ @ (A @ x) / l",
            "dA = outer(A @ x, x) / l",
        ),
    ),
    # forks
    Form(
        "what several need gets a name",
        SQUARE + "u = tanh(A @ x)\nv = u * u\nl = sum(v * exp(u)) + sum(u)",
        "A x",
        (
            "du = (v + 2 * u) * exp(u) + 1",
            "dA = outer(du * (1 - u^2), x)",
            "dx = Aᵀ @ (du * (1 - u^2))",
        ),
    ),
    Form(
        "a quantity that is read twice",
        SQUARE + "u = A @ x\nl = u @ u + sum(u)",
        "x A",
        (
            "du = 2 * u + 1",
            "dx = Aᵀ @ du",
            "dA = outer(du, x)",
        ),
    ),
    Form(
        "no way leads there",
        SQUARE + "l = sum(x)",
        "x A",
        (
            "dx = ones(3)",
            "dA = zeros(3, 3)",
        ),
    ),
    Form("itself", SQUARE + "l = sum(x)", "l", ("dl = 1",)),
)


def read(text: str) -> Paper:
    return elaborate(parse(Source(text)))


def closed(paper: Paper, of: str, wrt: str) -> ClosedForm:
    nodes = [paper.graph[name] for name in wrt.split()]
    return closed_form(paper.graph[of], nodes, paper.graph, knowledge_of(paper, nodes))


def lines_of(paper: Paper, form: ClosedForm) -> tuple[str, ...]:
    def name_of(node: Node) -> str | None:
        return paper.graph.name_of(node) or form.names.get(node)

    return tuple([f"{one.name} = {show(one.expression, name_of)}" for one in form.definitions])


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_gradient_reads_as_a_person_writes_it(form: Form) -> None:
    paper = read(form.problem)
    assert lines_of(paper, closed(paper, form.of, form.wrt)) == form.answer


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_it_is_the_gradient(form: Form) -> None:
    paper = read(form.problem)
    random = np.random.default_rng(0)
    declared: dict[Node, list[Fact]] = {one.node: [] for one in paper.declared}
    for one in paper.declarations:
        declared[one.node].append(one.fact)
    at = {node: draw(node.shape, facts, random) for node, facts in declared.items()}
    found = closed(paper, form.of, form.wrt)
    wanted = [gradient(found.of, one.quantity) for one in found.gradients]
    values = evaluate_all([*[one.expression for one in found.gradients], *wanted], at)
    for value, other in zip(values[: len(wanted)], values[len(wanted) :], strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-10, atol=1e-12)


WITH_NUMBERS = [
    path.stem
    for path in sorted(EXAMPLES.glob("*.chain"))
    if not read(path.read_text("utf-8")).declared
]


@pytest.mark.parametrize("problem", WITH_NUMBERS)
def test_the_lectures_answers_come_out_of_the_closed_forms(problem: str) -> None:
    paper = read((EXAMPLES / f"{problem}.chain").read_text("utf-8"))
    answers = dict(zip(paper.questions, solve(paper).answers, strict=True))
    checked = 0
    for question, answer in answers.items():
        if not question.is_plain or len(question.asked) != 1:
            continue
        (asked,) = question.asked
        graph = Graph({name: paper.graph[name] for name in paper.graph.names} | dict(asked.names))
        knowledge = knowledge_of(paper, [asked.wrt])
        if asked.of.shape == ():
            (one,) = closed_form(asked.of, [asked.wrt], graph, knowledge).gradients
        else:
            one = closed_jacobian(asked.of, asked.wrt, graph, knowledge)
        found = evaluate_all([one.expression], paper.values)[0]
        # Where a softmax saturates, S - label has fewer digits than the fused gradient (000-C).
        np.testing.assert_allclose(found.ravel(), answer.value.ravel(), rtol=1e-10, atol=1e-15)
        checked += 1
    assert checked > 0


def a_name_for(node: Node) -> Node:
    """The node as a quantity of its own, as a definition makes it."""
    return fresh(node.operation, *node.inputs)


def network(layers: int) -> tuple[Graph, Node, list[Node]]:
    """ReLU layers with weights and biases, all named."""
    named: dict[str, Node] = {"X": variable((4, 3))}
    signal = named["X"]
    for at in range(layers):
        W = named[f"W{at}"] = variable((3, 3))
        b = named[f"b{at}"] = variable((3,))
        h = named[f"h{at}"] = a_name_for(signal @ W + b)
        signal = named[f"L{at}"] = a_name_for(relu(h))
    named["t"] = variable((4, 3))
    named["l"] = squared_error(signal, named["t"])
    wrt = [node for name, node in named.items() if name[0] in "Wb"]
    return Graph(named), named["l"], wrt


def work(layers: int) -> tuple[int, int, int]:
    """How many definitions, applications of rules, and nodes a network's closed form takes."""
    graph, loss, wrt = network(layers)
    form = closed_form(loss, wrt, graph)
    nodes = topological([one.expression for one in form.definitions])
    applications = sum(len(one.applications) for one in form.definitions)
    return len(form.definitions), applications, len(nodes)


def test_the_work_for_a_deep_network_is_linear_in_its_layers() -> None:
    one, other, deep = work(10), work(20), work(400)
    a_layer = [(b - a) / 10 for a, b in zip(one, other, strict=True)]
    assert all(each > 0 for each in a_layer)
    assert list(deep) == [b + 380 * each for b, each in zip(other, a_layer, strict=True)]
