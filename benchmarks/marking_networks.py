"""Random networks as a problem's text, and the lines in which a student works them out.

Plain NumPy: nothing of chainrule is used, so that a mistake there cannot hide itself.
Inside, a batch is a matrix with an example a row, and a layer is `a @ W + b`.  A problem of one
example may be written with vectors, and its weights transposed: `W @ x + b`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "FORWARD",
    "LOSSES",
    "SLOPE",
    "Array",
    "Layout",
    "Network",
    "Rule",
    "Step",
    "Values",
    "below",
    "nested",
    "network",
    "problem_text",
    "steps",
    "value_name",
    "written",
]

Array: TypeAlias = npt.NDArray[np.float64]
Values: TypeAlias = dict[str, Array]
Rule: TypeAlias = Callable[[Values], Array]


class Layout(NamedTuple):
    """How arrays are written: one example may be a vector, weights may be transposed."""

    is_vector: bool
    is_column: bool


class Network(NamedTuple):
    """Sizes, functions and numbers; `values` has X, T, W1, b1, … and the rate η."""

    sizes: tuple[int, ...]
    batch: int
    layout: Layout
    activations: tuple[str, ...]
    loss: str
    values: Values
    texts: dict[str, str]

    @property
    def depth(self) -> int:
        return len(self.sizes) - 1

    @property
    def has_softmax(self) -> bool:
        return self.activations[-1] == "softmax"


class Step(NamedTuple):
    """One line of a solution: `name` inside, `target` as it is written."""

    name: str
    target: str
    rule: Rule
    layer: int

    @property
    def is_update(self) -> bool:
        return self.name.startswith("new")


# --- the functions ------------------------------------------------------------------------------


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


FORWARD: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "identity": lambda z: z,
    "softmax": softmax,
}
SLOPE: dict[str, Callable[[Array], Array]] = {  # from the activation's value
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
    "relu": lambda a: (a > 0).astype(float),
    "identity": np.ones_like,
}


class Loss(NamedTuple):
    """A loss over the whole batch: how it is written, its value, its slope by the output."""

    texts: tuple[str, ...]
    value: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array], Array]


def _squares(y: Array, t: Array) -> Array:
    return np.asarray(np.sum((y - t) ** 2))


def _logarithms(y: Array, t: Array) -> Array:
    return np.asarray(-np.sum(t * np.log(y)))


LOSSES = {
    "sum": Loss(("sum((y - T)^2)", "squared_error(y, T)"), _squares, lambda y, t: 2 * (y - t)),
    "half": Loss(
        ("sum((y - T)^2)/2", "1/2 * sum((y - T)^2)", "half_squared_error(y, T)"),
        lambda y, t: _squares(y, t) / 2,
        lambda y, t: y - t,
    ),
    "mean": Loss(
        ("mean((y - T)^2)", "mse(y, T)"),
        lambda y, t: _squares(y, t) / y.size,
        lambda y, t: 2 * (y - t) / y.size,
    ),
    "half of the batch": Loss(
        ("sum((y - T)^2)/(2*{batch})", "1/(2*{batch}) * sum((y - T)^2)"),
        lambda y, t: _squares(y, t) / (2 * len(y)),
        lambda y, t: (y - t) / len(y),
    ),
    "cross entropy": Loss(
        ("cross_entropy(y, T)", "-sum(T * log(y))"),
        _logarithms,
        lambda y, t: -t / y,
    ),
    "mean cross entropy": Loss(
        ("cross_entropy(y, T)/{batch}", "mean_cross_entropy(y, T)"),
        lambda y, t: _logarithms(y, t) / len(y),
        lambda y, t: -t / y / len(y),
    ),
}

# --- a random network ---------------------------------------------------------------------------


def network(random: np.random.Generator) -> Network:
    """One to three hidden layers; sizes of one to four; a batch of one to four."""
    depth = int(random.integers(1, 4)) + 1
    sizes = tuple(int(size) for size in random.integers(1, 5, depth + 1))
    sizes = (max(sizes[0], 2), *sizes[1:])
    batch = int(random.integers(1, 5))
    is_vector = batch == 1 and bool(random.random() < 0.7)
    layout = Layout(is_vector, is_vector and bool(random.random() < 0.5))
    activations = [str(random.choice(["sigmoid", "tanh", "relu"])) for _ in range(depth)]
    if random.random() < 0.4:
        sizes = (*sizes[:-1], max(sizes[-1], 2))
        activations[-1] = "softmax"
        loss = "cross entropy" if batch == 1 or random.random() < 0.4 else "mean cross entropy"
    else:
        activations[-1] = str(random.choice(["sigmoid", "tanh", "identity", "relu"]))
        several = ["mean"] if batch == 1 else ["mean", "half of the batch"]
        loss = str(random.choice(["sum", "half", *several]))
    values, texts = _numbers(random, sizes, batch, loss, layout)
    return Network(sizes, batch, layout, tuple(activations), loss, values, texts)


def _numbers(
    random: np.random.Generator, sizes: tuple[int, ...], batch: int, loss: str, layout: Layout
) -> tuple[Values, dict[str, str]]:
    """The givens, and how they are written, with one or two decimals."""
    decimals = int(random.integers(1, 3))
    reach = float(random.choice([1.0, 2.0]))

    def draw(*shape: int) -> Array:
        return np.round(random.uniform(-reach, reach, shape), decimals) + 0.0

    values: Values = {"X": draw(batch, sizes[0])}
    if "entropy" in loss:
        values["T"] = np.eye(sizes[-1])[random.integers(0, sizes[-1], batch)]
    else:
        values["T"] = np.round(random.uniform(0, 1, (batch, sizes[-1])), decimals)
    for at, (lower, upper) in enumerate(pairwise(sizes), 1):
        values[f"W{at}"] = draw(lower, upper)
        values[f"b{at}"] = draw(upper)
    values["η"] = np.asarray(random.choice([0.1, 0.5, 0.05, 0.2]))
    texts = {
        name: nested(
            [f"{number:.{decimals}f}" for number in written(name, value, layout).flat],
            written(name, value, layout).shape,
        )
        for name, value in values.items()
        if name != "η"
    }
    return values, texts | {"η": f"{float(values['η']):g}"}


def problem_text(given: Network, random: np.random.Generator) -> str:
    """The problem: givens, definitions, questions, updates."""
    lines = [f"{name} = {text}" for name, text in given.texts.items()] + [""]
    for at, activation in enumerate(given.activations, 1):
        source, value = below(given, at), value_name(given, at)
        product = f"W{at} @ {source}" if given.layout.is_column else f"{source} @ W{at}"
        lines.append(f"z{at} = {product} + b{at}")
        applied = "z{}" if activation == "identity" else activation + "(z{})"
        lines.append(f"{value} = {applied.format(at)}")
    texts = LOSSES[given.loss].texts
    if given.layout.is_vector:  # the mean over examples is over rows, and a vector has none
        texts = tuple(text for text in texts if "mean_cross" not in text)
    lines.append("L = " + str(random.choice(texts)).format(batch=given.batch))
    lines.append("")
    for at in range(1, given.depth + 1):
        lines += [f"{p}{at} := {p}{at} - η * ∂L/∂{p}{at}" for p in "Wb"]
    return "\n".join(lines) + "\n"


def value_name(given: Network, at: int) -> str:
    """The name of what comes out of a layer."""
    return "y" if at == given.depth else f"a{at}"


# --- how arrays are written ---------------------------------------------------------------------


def written(name: str, value: Array, layout: Layout) -> Array:
    """The array as the problem's layout has it."""
    letter = name.removeprefix("new").removeprefix("d")[0]
    if letter == "W":
        return value.T if layout.is_column else value
    if letter in "bLη" or not layout.is_vector:
        return value
    return value[0]


def nested(texts: list[str], shape: tuple[int, ...]) -> str:
    """
    >>> nested(["1", "2", "3", "4"], (2, 2))
    '[[1, 2], [3, 4]]'
    """
    if not shape:
        return texts[0]
    width = len(texts) // shape[0]
    parts = [nested(texts[i * width : (i + 1) * width], shape[1:]) for i in range(shape[0])]
    return "[" + ", ".join(parts) + "]"


# --- the lines ----------------------------------------------------------------------------------


def steps(given: Network) -> Iterator[Step]:
    """All lines of a full solution, in the order of the chain; rules take the student's numbers."""
    depth = given.depth
    for at in range(1, depth + 1):
        yield _step(f"z{at}", _sum(given, at), at)
        yield _step(value_name(given, at), _activated(given, at), at)
    loss = LOSSES[given.loss]
    yield _step("L", lambda v: np.asarray(loss.value(v["y"], v["T"])), depth)
    yield _step("dy", lambda v: loss.slope(v["y"], v["T"]), depth)
    for at in range(depth, 0, -1):
        if at < depth:
            yield _step(f"da{at}", _sent_back(at), at)
        yield _step(f"dz{at}", _delta(given, at), at)
        yield _step(f"dW{at}", _weights(given, at), at)
        yield _step(f"db{at}", _bias(at), at)
    for at in range(1, depth + 1):
        for letter in "Wb":
            yield _step(f"new{letter}{at}", _updated(f"{letter}{at}"), at)


def _step(name: str, rule: Rule, at: int) -> Step:
    if name.startswith("new"):
        target = name.removeprefix("new")
    elif name.startswith("d"):
        target = f"∂L/∂{name[1:]}"
    else:
        target = name
    return Step(name, target, rule, at)


def below(given: Network, at: int) -> str:
    """The name of what goes into a layer."""
    return "X" if at == 1 else f"a{at - 1}"


def _sum(given: Network, at: int) -> Rule:
    return lambda v: v[below(given, at)] @ v[f"W{at}"] + v[f"b{at}"]


def _activated(given: Network, at: int) -> Rule:
    return lambda v: FORWARD[given.activations[at - 1]](v[f"z{at}"])


def _sent_back(at: int) -> Rule:
    return lambda v: v[f"dz{at + 1}"] @ v[f"W{at + 1}"].T


def _delta(given: Network, at: int) -> Rule:
    """At a softmax the short form, y - T; elsewhere the slope from the activation's value."""
    if at == given.depth and given.has_softmax:
        by = given.batch if given.loss == "mean cross entropy" else 1
        return lambda v: (v["y"] - v["T"]) / by
    value = value_name(given, at)
    slope = SLOPE[given.activations[at - 1]]
    return lambda v: v[f"d{value}"] * slope(v[value])


def _weights(given: Network, at: int) -> Rule:
    return lambda v: v[below(given, at)].T @ v[f"dz{at}"]


def _bias(at: int) -> Rule:
    return lambda v: v[f"dz{at}"].sum(0)


def _updated(name: str) -> Rule:
    return lambda v: v[name] - v["η"] * v[f"d{name}"]
