"""The `:=` updates of a text, repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError
from chainrule.explain.solution import solve
from chainrule.graph.node import Array
from chainrule.graph.source import Source
from chainrule.optimize.optimizer import Optimizer
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.train.updates import PaperStep, Trained, repeated, step_of

BOWL = "w = [4, -2]\nc = [1, 3]\nL = sum(c * w^2)\nw := w - 0.1 * dL/dw\n"


def step(text: str, of: str | None = None) -> PaperStep:
    program = parse(Source(text, "net.chain"))
    paper = elaborate(program)
    return step_of(paper, program, None if of is None else paper.graph[of])


def trained(text: str, steps: int) -> Trained:
    return repeated(step(text), steps)


def numbers(values: Mapping[str, Array]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def test_one_step_is_the_one_that_solve_shows() -> None:
    (change,) = solve(elaborate(parse(Source(BOWL)))).changes
    found = trained(BOWL, 1)
    assert np.array_equal(found.before["w"], change.old)
    np.testing.assert_allclose(found.after["w"], change.new, rtol=1e-14)


def test_steps_are_those_of_a_loop_in_python() -> None:
    w, c, losses = np.array([4.0, -2.0]), np.array([1.0, 3.0]), []
    for _ in range(200):
        losses.append(np.sum(c * w**2))
        w = w - 0.1 * (2 * c * w)
    found = trained(BOWL, 200)
    np.testing.assert_allclose(found.losses[:-1], losses, rtol=1e-12)
    np.testing.assert_allclose(found.after["w"], w, rtol=1e-12)
    assert (found.steps, found.losses.shape, found.problem) == (200, (201,), "")


def test_all_updates_act_together() -> None:
    found = trained("a = 1\nb = 2\na := b\nb := a", 3)
    assert (numbers(found.after), found.losses.size) == ({"a": 2.0, "b": 1.0}, 0)


def test_new_stands_for_the_new_value() -> None:
    found = trained("a = 1\nb = 0\na := 2 * a\nb := new(a)", 3)
    assert numbers(found.after) == {"a": 8.0, "b": 8.0}


def test_a_name_that_is_computed_at_first_goes_on_from_there() -> None:
    found = trained("a = 3\nw = 2 * a\nL = w^2\nw := w - 0.25 * dL/dw", 2)
    assert (numbers(found.before), numbers(found.after)) == ({"w": 6.0}, {"w": 1.5})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (BOWL, "L"),
        ("w = 1\nm = w^2\nL = m + 1\nw := w - dm/dw", "m"),  # not the last one
        ("w = 1\nL = w^2\nE = w\ng = ∂L/∂w\nw := w - g", "L"),  # through a definition
        ("w = 1\nL = w^2\nE = w^4\nw := w - 0.1*dL/dw\n∂E/∂w", "L"),  # the question is no update
        ("x = 2\nerror = x^2 - 2\nx := x/2 + 1/x", "error"),  # no derivative at all
        ("x : R\ny = 2\nz = 3*y\nq = x*y\ny := y + 1", "z"),  # the last that has numbers
        ("w = 1\nw := w - 1", ""),
    ],
)
def test_what_is_reported(text: str, name: str) -> None:
    assert step(text).name == name


def test_one_can_say_what_is_reported() -> None:
    found = repeated(step(BOWL + "E = w[0]", "E"), 1)
    assert found.losses.tolist() == pytest.approx([4.0, 3.2], rel=1e-14)


@pytest.mark.parametrize(
    ("text", "steps", "problem"),
    [
        ("w = 2\nl = (w - 3)^2\nw := w - 3 * dl/dw", 221, "l is infinite after 221 steps."),
        ("w = 0\nl = log(w)\nw := w + 1", 0, "l is infinite after 0 steps."),
        ("w = 3\nl = log(w)\nw := w - 1", 3, "l is infinite after 3 steps."),
        ("w = 3\nl = sqrt(w)\nw := w - 2", 2, "l is nan after 2 steps."),
        ("a = 1\nw = 2\nl = w\nw := w - dl/dw\na := a / 0", 1, "a is infinite after 1 step."),
        ("a = 1\nw = 700\na := exp(w) - exp(w)\nw := w + 5", 3, "a is nan after 3 steps."),
        ("a = 1e300\na := a * 10", 9, "a is infinite after 9 steps."),
    ],
)
def test_what_is_no_longer_finite_is_said_with_the_step(
    text: str, steps: int, problem: str
) -> None:
    found = trained(text, 1000)
    assert (found.steps, found.problem) == (steps, problem)
    assert np.isfinite(found.losses[:-1]).all()


def test_what_becomes_finite_again_is_seen_all_the_same() -> None:
    """a is 1, 0, infinite, 0, infinite: at the edge of a part nobody would see."""
    found = trained("a = 1\nb = 1\na := 1 / b\nb := b - 1", 64)
    assert (found.steps, found.problem) == (2, "a is infinite after 2 steps.")


def test_somebody_can_have_enough() -> None:
    told: list[tuple[int, float | None]] = []

    def go_on(done: int, loss: float | None) -> bool:
        told.append((done, loss))
        return done < 100

    found = repeated(step(BOWL), 100_000, go_on)
    assert 100 <= found.steps == told[-1][0] < 100_000
    assert found.losses.shape == (found.steps + 1,)
    assert told[-1][1] == found.losses[-2]
    assert np.array_equal(found.after["w"], trained(BOWL, found.steps).after["w"])


@pytest.mark.parametrize(
    ("lines", "reported"),
    [
        ("w := w - dL/dw", "L"),
        ("g = dL/dw\nw := w - 0.1 * g", "L"),
        ("w := w - (d(dL/dw)/dw)^-1 * dL/dw", "L"),  # Newton's method
        ("g = dL/dw\nH = dg/dw\nw := w - g / H", "L"),
        ("g = dL/dw\nw := w - g / (dg/dw)", "L"),
        ("E = L + 0.1 * (dL/dw)^2\nw := w - 0.1 * dE/dw", "E"),  # short gradients are liked
        ("f(x) = x^4\nw := w - 0.1 * grad(f)(w)", "loss"),
        ("f(x) = x^4\nw := w - grad(f)(w) / D(D(f))(w)", "L"),  # the last that has a name
        ("w := w / 2", "L"),
    ],
)
def test_the_number_that_updates_descend_on_is_reported(lines: str, reported: str) -> None:
    assert step(f"w = 2\nL = w^4\n{lines}").name == reported


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "w = 1\nL = w^2\ndL/dw",
            "net.chain: nothing is updated. Write one line for each parameter",
        ),
        ("w : R\nL = w^2\nw := w - dL/dw", "there are none for w. Write them into the file"),
        ("f : R -> R\nw = 1\nL = f(w)\nw := w - dL/dw", "there are none for f."),
        ("x : R^n\nw = 1\nL = w * n\nw := w - dL/dw", "there are none for n."),
        (
            "w = 1\nL = w^2\nE = w^4\nw := w - dL/dw - dE/dw",
            "the updates use derivatives of L and E; say which number to report: --of E",
        ),
        ("t = 0\nx = [1, 2, 3]\ny = x[t]\nt := t + 1", "net.chain:3:7: t stands as an index"),
        ("t = 0\nx = [1, 2, 3]\ny = x[t:]\nt := 1", "t stands as an index"),
    ],
)
def test_what_cannot_be_repeated_is_said(text: str, message: str) -> None:
    with pytest.raises(ChainruleError) as caught:
        step(text)
    assert message in str(caught.value)


def test_one_number_is_reported() -> None:
    with pytest.raises(ChainruleError, match=r"--of w: one number is reported, and it is \(2\)"):
        step(BOWL, "w")


def test_a_step_that_takes_too_much_is_not_begun() -> None:
    wide = "w = ones(1000, 1000)\nv = w @ w @ w\nL = sum(v)\nw := w - dL/dw"
    with pytest.raises(ChainruleError, match="running takes more than"):
        step(wide)


# What an optimiser prints is a program of this language.

OPTIMIZERS: Sequence[Optimizer] = [
    cr.sgd(0.05),
    cr.momentum(0.05),
    cr.nesterov(0.05, 0.8),
    cr.adam(0.05),
    cr.adamw(0.05, weight_decay=0.1),
    cr.sgd(cr.step_decay(0.1, 0.5, every=3)),
    cr.sgd(cr.exponential_decay(0.1, 0.9)),
    cr.momentum(cr.polynomial_decay(0.1, 8, end=0.01, power=2)),
    cr.nesterov(cr.cosine_decay(0.1, 8)),
    cr.adam(cr.warm_up(cr.cosine_decay(0.1, 10), steps=4)),
    cr.adamw(cr.piecewise(0.1, {4: 0.01, 7: 0.02})),
    cr.clipped(cr.sgd(0.1), value=0.3),
    cr.clipped(cr.momentum(0.1), norm=0.2),
    cr.clipped(cr.adam(0.1), global_norm=0.5),
]
NET = """
X = [[1, 2], [0, 1], [-1, 3]]
T = [[1], [0], [1]]
W = [[0.5], [-0.25]]
b = [0.1]
L = mean((tanh(X @ W + b) - T)^2)
"""


def loss(params: dict[str, Array], X: Array, T: Array) -> np.floating:
    return np.mean((np.tanh(X @ params["W"] + params["b"]) - T) ** 2)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_the_formulas_of_an_optimiser_are_what_it_does(optimizer: Optimizer) -> None:
    formulas = optimizer.formulas("W", "b")
    zeros = ["t = 0"] * formulas.startswith("t :=")
    for word in ("m", "v"):
        zeros += [f"{word}_W = [[0], [0]]", f"{word}_b = [0]"] * (f"{word}_W :=" in formulas)
    found = trained("\n".join([NET, *zeros, formulas]), 12)
    params = {"W": np.array([[0.5], [-0.25]]), "b": np.array([0.1])}
    loop = cr.training_loop(loss, params, optimizer)
    X, T = np.array([[1.0, 2], [0, 1], [-1, 3]]), np.array([[1.0], [0], [1]])
    np.testing.assert_allclose(found.losses[:-1], loop(X, T, steps=12), rtol=1e-13)
    for name in "Wb":
        np.testing.assert_allclose(found.after[name], loop.params[name], rtol=1e-12, atol=1e-15)
