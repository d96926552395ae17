"""Random programs of the paper language: a few named quantities, and a loss at the end.

>>> import random
>>> text = program(random.Random(1).choice, 2)
>>> text.splitlines()[-1].startswith("l = ")
True
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chainrule.graph.node import Shape
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

__all__ = ["BY", "Choose", "program", "programs"]

Choose = Callable[[Sequence[Any]], Any]  # draws one of several

GIVENS = """\
X = [[0.5, -1.2], [0.3, 0.8], [-0.7, 1.1]]
x = [0.9, -0.4]
y = [1.3, 0.6, -0.2]
W = [[0.7, -0.3], [-1.1, 0.4]]
V = [[0.2, 1.4, -0.6], [-0.5, 0.1, 0.9]]
c = 0.8
t = [0, 1]
T = [[0, 1], [1, 0], [0, 1]]"""
BY = ("X", "x", "y", "W", "V", "c")  # what is differentiated by; t and T are labels

OF_ANY = (
    "-{a}",
    "2 * {a}",
    "{a} / 3",
    "0.5 * {a} + 1",
    "1 - {a}",
    "{a}^2",
    "tanh({a})",
    "sigmoid({a})",
    "relu({a})",
    "softplus({a})",
    "exp(tanh({a}))",
    "log(1.5 + sigmoid({a}))",
    "sqrt(1 + {a}^2)",
    "sin({a})",
    "abs({a})",
    "1 / (2 + {a}^2)",
    "(1 + sigmoid({a}))^1.5",
    "tanh({a}) * {a}",
)
OF_ARRAYS = (
    "softmax({a})",
    "log_softmax({a})",
    "sum({a})",
    "mean({a})",
    "norm({a} + 2.03)",
    "tanh(sum({a}^2)) * {a}",
    "sum({a} * {a}, axis=0)",
)
OF_MATRICES = (
    "{a}ᵀ",
    "mean({a}, axis=0)",
    "sum({a}, axis=1)",
    "{a} - mean({a}, axis=1, keepdims=1)",
    "{a}ᵀ @ {a} / 2",
)
OF_EQUALS = (
    "{a} + {b}",
    "{a} - {b}",
    "{a} * {b}",
    "tanh({a}) * {b}",
    "{a} / (2 + sigmoid({b}))",
    "{a} * {b} - {b} * {a}^2",
)
OF_NUMBERS = ("{a} * {b}", "{b} - {a} / 2", "{b} / (1.5 + {a}^2)")  # a number and anything
LOSSES = ("sum({a}^2)", "sum({a}^2) / 2", "mean({a}^2)", "mse({a}, 0.1 * {a})", "norm({a} - 3.17)")
LABELS = {(2,): "t", (3, 2): "T"}
OF_LABELLED = (
    "-sum({label} * log(softmax({a})))",
    "cross_entropy(softmax({a}), {label})",
    "cross_entropy_with_logits({a}, {label})",
    "mse({a}, {label})",
    "sum((sigmoid({a}) - {label})^2) / 2",
    "binary_cross_entropy(sigmoid({a}), {label})",
)


def program(choose: Choose, length: int) -> str:
    """A text with so many definitions, and the loss `l`."""
    text = GIVENS
    shapes = dict(_shapes(text))
    labels = set(LABELS.values())
    for at in range(length):
        name = f"v{at}"
        usable = [one for one in shapes if one not in labels]
        recent = usable[-4:] if at and choose((True, True, False)) else usable
        text += f"\n{name} = {_formula(choose, choose(recent), shapes, usable)}"
        shapes = dict(_shapes(text))
    parts = [_loss(choose, f"v{at}", shapes) for at in _ends(text, length)]
    return f"{text}\nl = {' + '.join(parts)}"


def programs(count: int, length: int = 5) -> Iterator[str]:
    """The same ones each time."""
    for seed in range(count):
        yield program(random.Random(seed).choice, length)


def _shapes(text: str) -> Iterator[tuple[str, Shape]]:
    graph = elaborate(parse(Source(text))).graph
    for name in graph.names:
        yield name, graph[name].shape


def _formula(choose: Choose, a: str, shapes: dict[str, Shape], usable: list[str]) -> str:
    """One line over `a` and perhaps another quantity that fits."""
    forms = [form.format(a=a) for form in _of_one(shapes[a])]
    for b in usable:
        forms += [form.format(a=a, b=b) for form in _of_two(shapes[a], shapes[b])]
        forms += [f"maximum({a}, {b})"] if a != b and shapes[a] == shapes[b] else []
    return str(choose(forms))


def _of_one(shape: Shape) -> tuple[str, ...]:
    of_arrays = OF_ARRAYS if shape else ()
    return OF_ANY + of_arrays + (OF_MATRICES if len(shape) == 2 else ())


def _of_two(a: Shape, b: Shape) -> tuple[str, ...]:
    forms: tuple[str, ...] = OF_EQUALS if a == b else ()
    forms += OF_NUMBERS if a == () else ()
    forms += ("{a} + {b}",) if a and b == a[1:] else ()
    if a and b and a[-1] == b[-2:][0]:
        forms += ("{a} @ {b}", "tanh({a} @ {b})", "{a} @ {b} / 2")
    return (*forms, "outer({a}, {b})") if len(a) == len(b) == 1 else forms


def _ends(text: str, length: int) -> list[int]:
    """The definitions that no other reads."""
    words = text.replace("(", " ").replace(")", " ").replace(",", " ").replace("ᵀ", " ")
    formulas = [line.partition("=")[2].replace("^", " ").split() for line in words.splitlines()]
    read = {word.lstrip("-") for formula in formulas for word in formula}
    return [at for at in range(length) if f"v{at}" not in read]


def _loss(choose: Choose, a: str, shapes: dict[str, Shape]) -> str:
    label = LABELS.get(shapes[a])
    forms = LOSSES if label is None else LOSSES + OF_LABELLED
    return str(choose(forms)).format(a=a, label=label)
