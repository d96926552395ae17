"""What goes wrong in a line: a rule for the numbers, or a hand for the digits.

Kinds with codes are in the catalogue; those of `OUTSIDE` are not, and must be marked wrong
without a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from benchmarks.marking_networks import (
    FORWARD,
    LOSSES,
    SLOPE,
    Array,
    Network,
    Rule,
    Step,
    Values,
    below,
    value_name,
)

__all__ = ["CODES", "OUTSIDE", "Slip", "hands", "slips", "slips_of_any_line"]

Hand: TypeAlias = Callable[[list[str], np.random.Generator], list[str]]


class Slip(NamedTuple):
    """A mistake of a kind: another rule for the line, or another hand for its digits."""

    kind: str
    rule: Rule | None = None
    hand: Hand | None = None


OUTSIDE = frozenset(
    {
        "a factor of 1.37",
        "one number wrong",
        "noise",
        "exp(-z/2)",
        "power of two",
        "common logarithm",
        "shifted",
        "y² (1 - y)",
        "smaller step",
    }
)

# Each kind, and the codes of the catalogue that name it rightly.
CODES: dict[str, frozenset[str]] = {
    kind: frozenset(codes.split())
    for kind, codes in {
        "sign": "sign difference-reversed sign-of-cells term-sign input-sign learning-rate-sign",
        "y - t swapped": "difference-reversed sign",
        "sign of one number": "sign-of-cells sign",
        "plus for minus": "learning-rate-sign term-sign",
        "learning rate dropped": "learning-rate-dropped",
        "derivative dropped": "derivative-dropped",
        "derivative doubled": "derivative-squared",
        "derivative of another activation": "derivative-other",
        "derivative at the wrong argument": "derivative-argument",
        "mask of another array": "mask mask-of-gradient",
        "softmax without off-diagonal": "softmax-diagonal-only",
        "another layer's value": "wrong-quantity copied mask",
        "transpose": "transpose result-transposed product-order",
        "path left out": "path-left-out term-dropped",
        "updated weight too early": "updated-too-early",
        "bias forgotten": "bias-forgotten term-dropped",
        "first example only": "one-example other-example",
        "mean twice": "mean-twice mean-for-sum factor-doubled factor-half",
        "1/N missing": "mean-dropped sum-for-mean factor-dropped factor-two",
        "factor 2 doubled": "factor-doubled factor-two factor-dropped factor-of-cells "
        "mean-dropped sum-for-mean",
        "factor 2 missing": "factor-dropped factor-half factor-doubled factor-of-cells "
        "mean-twice mean-for-sum",
        "decimal slip": "decimal",
        "digit misread": "digit",
        "digits swapped": "digits-swapped",
        "numbers swapped": "cells-swapped rows-swapped columns-swapped reversed wrong-index "
        "result-transposed",
        "copied from another line": "copied wrong-quantity",
    }.items()
}


def slips(given: Network, step: Step) -> Iterator[Slip]:
    """What can go wrong with the numbers of a line; some change nothing in some networks."""
    letter = step.name.removeprefix("d")[0] if step.name.startswith("d") else step.name[0]
    kind = ("d" if step.name.startswith("d") else "") + letter
    yield from GROUPS["new" if step.is_update else kind](given, step)


def slips_of_any_line(step: Step) -> Iterator[Slip]:
    """What can go wrong whatever the line computes; signs and factors in the way back."""
    rule = step.rule
    yield Slip("a factor of 1.37", lambda v: 1.37 * rule(v))
    if step.name.startswith("d"):
        yield Slip("sign", lambda v: -rule(v))
        yield Slip("factor 2 doubled", lambda v: 2 * rule(v))
        yield Slip("factor 2 missing", lambda v: rule(v) / 2)


def _sums(given: Network, step: Step) -> Iterator[Slip]:
    at, source, rule = step.layer, below(given, step.layer), step.rule
    yield Slip("bias forgotten", lambda v: v[source] @ v[f"W{at}"])
    if _is_square(given, at):
        yield Slip("transpose", lambda v: v[source] @ v[f"W{at}"].T + v[f"b{at}"])
    known = ["X"] + [value_name(given, lower) for lower in range(1, at)]
    for other in sorted({*known} & {*_alike(given, source)}):
        yield Slip("another layer's value", _sum_of(other, at))
    yield Slip("shifted", lambda v: rule(v) + 0.31)


def _sum_of(source: str, at: int) -> Rule:
    return lambda v: v[source] @ v[f"W{at}"] + v[f"b{at}"]


def _activations(given: Network, step: Step) -> Iterator[Slip]:
    at = step.layer
    z, own = f"z{at}", given.activations[at - 1]
    if own == "sigmoid":
        yield Slip("exp(-z/2)", lambda v: 1 / (1 + np.exp(-v[z] / 2)))
    if own == "softmax":
        yield Slip("power of two", lambda v: FORWARD["softmax"](v[z] * np.log(2)))
    yield Slip("shifted", lambda v: step.rule(v) + 0.31)


def _losses(given: Network, step: Step) -> Iterator[Slip]:
    loss = LOSSES[given.loss]
    if given.batch > 1:
        yield Slip("first example only", lambda v: np.asarray(loss.value(v["y"][:1], v["T"][:1])))
        if given.loss in ("mean", "mean cross entropy", "half of the batch"):
            yield Slip("1/N missing", lambda v: step.rule(v) * given.batch)
            yield Slip("mean twice", lambda v: step.rule(v) / given.batch)
    if given.has_softmax:
        yield Slip("common logarithm", lambda v: step.rule(v) / np.log(10))


def _output_slopes(given: Network, step: Step) -> Iterator[Slip]:
    if given.has_softmax:
        yield Slip("sign", lambda v: -step.rule(v))
    else:
        yield Slip("y - t swapped", lambda v: -step.rule(v))
    yield from _of_the_mean(given, step)


def _of_the_mean(given: Network, step: Step) -> Iterator[Slip]:
    if given.batch > 1 and given.loss in ("mean", "mean cross entropy", "half of the batch"):
        yield Slip("1/N missing", lambda v: step.rule(v) * given.batch)
        yield Slip("mean twice", lambda v: step.rule(v) / given.batch)


def _sent_back(given: Network, step: Step) -> Iterator[Slip]:
    at = step.layer
    above, weights = f"dz{at + 1}", f"W{at + 1}"
    yield from _with_other_weights(given, at, lambda v, w: v[above] @ w.T)
    if _is_square(given, at + 1):
        yield Slip("transpose", lambda v: v[above] @ v[weights])
    if given.sizes[at + 1] > 1:
        yield Slip("path left out", lambda v: v[above][:, :1] @ v[weights][:, :1].T)


def _with_other_weights(
    given: Network, at: int, send: Callable[[Values, Array], Array]
) -> Iterator[Slip]:
    """Of another layer, or already updated."""
    weights = f"W{at + 1}"
    shape = given.values[weights].shape
    for other in range(1, given.depth + 1):
        if other != at + 1 and given.values[f"W{other}"].shape == shape:
            yield Slip("another layer's value", _through(send, f"W{other}"))
    yield Slip(
        "updated weight too early",
        lambda v: send(v, v[weights] - v["η"] * v[f"a{at}"].T @ v[f"dz{at + 1}"]),
    )


def _through(send: Callable[[Values, Array], Array], weights: str) -> Rule:
    return lambda v: send(v, v[weights])


def _deltas(given: Network, step: Step) -> Iterator[Slip]:
    at = step.layer
    value, own = value_name(given, at), given.activations[at - 1]
    if own == "softmax":
        yield Slip("y - t swapped", lambda v: -step.rule(v))
        by = given.batch if given.loss == "mean cross entropy" else 1
        yield Slip("softmax without off-diagonal", lambda v: -v["T"] * (1 - v["y"]) / by)
        yield from _of_the_mean(given, step)
        return
    if own == "identity":
        return
    slope, sent = SLOPE[own], f"d{value}"
    yield Slip("derivative dropped", lambda v: v[sent])
    if own in ("sigmoid", "tanh"):
        yield Slip("derivative doubled", lambda v: v[sent] * slope(v[value]) ** 2)
        yield Slip("y² (1 - y)", lambda v: v[sent] * v[value] * slope(v[value]))
        wrong = FORWARD[own]
        yield Slip("derivative at the wrong argument", lambda v: v[sent] * slope(wrong(v[value])))
    if own == "relu":
        yield Slip("mask of another array", lambda v: v[sent] * (v[sent] > 0))
    for other in ("sigmoid", "tanh"):
        if other != own:
            yield Slip("derivative of another activation", _delta_of(sent, SLOPE[other], value))
    for other in _alike(given, value):
        yield Slip("another layer's value", _delta_of(sent, slope, other))


def _delta_of(sent: str, slope: Callable[[Array], Array], value: str) -> Rule:
    return lambda v: v[sent] * slope(v[value])


def _weights(given: Network, step: Step) -> Iterator[Slip]:
    at, source, sent = step.layer, below(given, step.layer), f"dz{step.layer}"
    for other in _alike(given, source):
        yield Slip("another layer's value", _product_of(other, sent))
    if _is_square(given, at):
        yield Slip("transpose", lambda v: v[sent].T @ v[source])
    if given.batch > 1:
        yield Slip("first example only", lambda v: v[source][:1].T @ v[sent][:1])
        yield Slip("mean twice", lambda v: step.rule(v) / given.batch)


def _product_of(source: str, sent: str) -> Rule:
    return lambda v: v[source].T @ v[sent]


def _biases(given: Network, step: Step) -> Iterator[Slip]:
    sent = f"dz{step.layer}"
    if given.batch > 1:
        yield Slip("first example only", lambda v: v[sent][0])
        yield Slip("mean twice", lambda v: step.rule(v) / given.batch)


def _updates(given: Network, step: Step) -> Iterator[Slip]:
    name = step.target
    yield Slip("learning rate dropped", lambda v: v[name] - _slope(v, name))
    yield Slip("plus for minus", lambda v: v[name] + v["η"] * _slope(v, name))
    yield Slip("smaller step", lambda v: v[name] - 0.73 * v["η"] * _slope(v, name))


def _slope(v: Values, name: str) -> Array:
    return v[f"d{name}"]


GROUPS: dict[str, Callable[[Network, Step], Iterator[Slip]]] = {
    "z": _sums,
    "a": _activations,
    "y": _activations,
    "L": _losses,
    "dy": _output_slopes,
    "da": _sent_back,
    "dz": _deltas,
    "dW": _weights,
    "db": _biases,
    "new": _updates,
}


def _is_square(given: Network, at: int) -> bool:
    return given.sizes[at - 1] == given.sizes[at] > 1


def _alike(given: Network, name: str) -> list[str]:
    """Other layers' values of the same shape."""
    names = ["X"] + [value_name(given, at) for at in range(1, given.depth + 1)]
    size = dict(zip(names, given.sizes, strict=True))
    return [other for other in names if other != name and size[other] == size[name]]


# --- digits -------------------------------------------------------------------------------------


def hands(other_numbers: list[str]) -> Iterator[Slip]:
    """What can go wrong in writing a line down; `other_numbers` stand in the lines before."""
    yield Slip("sign of one number", hand=_one(_negated))
    yield Slip("decimal slip", hand=_one(_moved_point))
    yield Slip("digit misread", hand=_one(_misread))
    yield Slip("digits swapped", hand=_one(_swapped_digits))
    yield Slip("numbers swapped", hand=_swapped_cells)
    if other_numbers:
        copied = _one(lambda _, random: str(random.choice(other_numbers)))
        yield Slip("copied from another line", hand=copied)
    yield Slip("one number wrong", hand=_one(_wrong))
    yield Slip("noise", hand=_noisy)


def _one(change: Callable[[str, np.random.Generator], str]) -> Hand:
    """The hand that changes one number of the line."""

    def hand(texts: list[str], random: np.random.Generator) -> list[str]:
        at = int(random.integers(len(texts)))
        return [*texts[:at], change(texts[at], random), *texts[at + 1 :]]

    return hand


def _negated(text: str, _: np.random.Generator) -> str:
    return text[1:] if text.startswith("-") else f"-{text}"


def _moved_point(text: str, random: np.random.Generator) -> str:
    """Ten times too large or too small, the digits kept."""
    if "e" in text or "." not in text:
        return text
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, part = digits.split(".")
    if random.random() < 0.5 and len(part) > 1:
        return sign + (whole + part[0]).lstrip("0").rjust(1, "0") + "." + part[1:]
    return sign + (whole[:-1] or "0") + "." + whole[-1] + part


def _digits(text: str) -> list[int]:
    """Where the digits are, but the last: a slip there is often the same as rounding."""
    mantissa = text.split("e")[0]
    places = [at for at, letter in enumerate(mantissa) if letter.isdigit()]
    return places[:-1] or places


def _misread(text: str, random: np.random.Generator) -> str:
    at = int(random.choice(_digits(text)))
    read = str(random.choice(list(LOOKS_LIKE[int(text[at])])))
    return text[:at] + read + text[at + 1 :]


LOOKS_LIKE = ("68", "74", "73", "285", "91", "36", "05", "12", "306", "470")


def _swapped_digits(text: str, random: np.random.Generator) -> str:
    places = _digits(text)
    pairs = [(i, j) for i, j in pairwise(places) if text[i] != text[j]]
    if not pairs:
        return text
    i, j = pairs[int(random.integers(len(pairs)))]
    letters = list(text)
    letters[i], letters[j] = letters[j], letters[i]
    return "".join(letters)


def _swapped_cells(texts: list[str], random: np.random.Generator) -> list[str]:
    if len(texts) < 2:
        return texts
    i, j = random.choice(len(texts), 2, replace=False)
    swapped = list(texts)
    swapped[i], swapped[j] = swapped[j], swapped[i]
    return swapped


def _wrong(text: str, random: np.random.Generator) -> str:
    """Another number with as many digits after the point."""
    return _as_many_digits(float(text) * random.uniform(0.4, 1.7) + random.normal() / 5, text)


def _noisy(texts: list[str], random: np.random.Generator) -> list[str]:
    noise = random.normal(size=(2, len(texts))) * [[1 / 7], [0.03]]
    values = [float(text) for text in texts]
    noisy = np.asarray(values) * (1 + noise[0]) + noise[1]
    return [_as_many_digits(value, text) for value, text in zip(noisy, texts, strict=True)]


def _as_many_digits(value: float, text: str) -> str:
    if "e" in text:
        return f"{value:.{len(_digits(text))}e}"
    _, _, part = text.partition(".")
    return f"{value:.{len(part)}f}"
