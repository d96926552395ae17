"""Students: how many digits they write, which numbers they go on with, what they get wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.marking_networks import (
    Array,
    Network,
    Step,
    Values,
    nested,
    steps,
    written,
)
from benchmarks.marking_slips import OUTSIDE, Slip, hands, slips, slips_of_any_line

__all__ = [
    "PRECISIONS",
    "WORKINGS",
    "Paper",
    "Slipped",
    "Student",
    "alternatives",
    "is_outside",
    "student",
    "with_slips",
    "work",
]

PRECISIONS = ("2 decimals", "3 decimals", "4 decimals", "3 figures", "4 figures")
WORKINGS = ("rounded", "memory", "mixed", "cut", "cut, memory")
"""Goes on with what is written; with the calculator's number; with either; digits cut off."""

NOTHING = 1e-13  # what is left where numbers cancel: a calculator shows 0


class Slipped(NamedTuple):
    """A mistake in the line of a step."""

    step: str
    slip: Slip


class Student(NamedTuple):
    """What stays the same while a network is worked out with mistakes and without."""

    precision: str
    working: str
    shown: frozenset[str]
    seed: int


class Paper(NamedTuple):
    """A solution as it is handed in; `lines` are (step, text)."""

    lines: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.lines) + "\n"

    @property
    def is_finite(self) -> bool:
        return not any("inf" in text or "nan" in text for _, text in self.lines)

    def first_difference(self, other: Paper) -> int | None:
        """The number of the first line with another number; both have the same lines."""
        pairs = zip(self.lines, other.lines, strict=True)
        return next(
            (
                at
                for at, (one, two) in enumerate(pairs, 1)
                if one != two and _values_of([one]) != _values_of([two])
            ),
            None,
        )


def student(given: Network, random: np.random.Generator, precision: str, working: str) -> Student:
    """A student who writes down most lines."""
    share = float(random.choice([1.0, 0.8, 0.6]))
    names = [step.name for step in steps(given)]
    shown = frozenset(name for name in names if random.random() < share or name == names[-1])
    return Student(precision, working, shown, int(random.integers(2**32)))


def work(given: Network, by: Student, mistakes: Sequence[Slipped] = ()) -> Paper:
    """The solution: every line from the numbers that the student has so far."""
    wrong = {one.step: one.slip for one in mistakes}
    values: Values = dict(given.values)
    lines: list[tuple[str, str]] = []
    for at, step in enumerate(steps(given)):
        random = np.random.default_rng([by.seed, at])
        slip = wrong.get(step.name)
        with np.errstate(all="ignore"):  # of a number that a mistake has made impossible
            value = np.asarray((slip.rule if slip and slip.rule else step.rule)(values))
        if step.name not in by.shown:
            values[step.name] = value
            continue
        shape, texts = _write(step, value, given, by)
        honest = texts
        if slip and slip.hand:
            texts = slip.hand(texts, random)
        sign = " := " if step.is_update else " = "
        lines.append((step.name, step.target + sign + nested(texts, shape)))
        values[step.name] = _carried(step, value, texts, honest, given, by, random)
    return Paper(tuple(lines))


def _write(
    step: Step, value: Array, given: Network, by: Student
) -> tuple[tuple[int, ...], list[str]]:
    array = written(step.name, value, given.layout)
    return array.shape, [digits(float(x), by.precision, "cut" in by.working) for x in array.flat]


def digits(value: float, precision: str, is_cut: bool = False) -> str:
    """
    >>> digits(0.12345, "3 decimals"), digits(0.0012345, "3 figures"), digits(-0.0004, "3 decimals")
    ('0.123', '0.00123', '0.000')
    >>> digits(0.12399, "4 decimals", is_cut=True), digits(1234.5, "3 figures")
    ('0.1239', '1.23e+03')
    """
    count = int(precision[0])
    if abs(value) < NOTHING:
        value = 0.0
    if "decimals" in precision:
        if is_cut:
            value = float(np.trunc(np.round(value * 10**count, 6))) / 10**count
        text = f"{value:.{count}f}"
    else:
        if is_cut and value:
            unit = 10.0 ** (np.floor(np.log10(abs(value))) - count + 1)
            value = float(np.trunc(np.round(value / unit, 6)) * unit)
        text = f"{value:#.{count}g}".rstrip(".") if value else "0"
    return text if float(text) else text.lstrip("-")


def _carried(
    step: Step,
    value: Array,
    texts: list[str],
    honest: list[str],
    given: Network,
    by: Student,
    random: np.random.Generator,
) -> Array:
    """The numbers that the student goes on with, in the layout inside."""
    shown = _inside(step, [float(text) for text in texts], value, given)
    changed = [one != two for one, two in zip(texts, honest, strict=True)]
    uses_shown = _inside(step, changed, value, given) > 0
    if by.working in ("rounded", "cut"):
        uses_shown = np.ones(value.shape, bool)
    elif by.working == "mixed":
        uses_shown = uses_shown | (random.random(value.shape) < 0.5)
    if step.name == "y" and given.has_softmax:
        uses_shown = uses_shown & (shown > 0)  # nobody goes on with log 0
    return np.where(uses_shown, shown, value)


def _inside(step: Step, cells: Sequence[float], like: Array, given: Network) -> Array:
    """The cells of a line, as they are written, in the layout inside: the inverse of `written`."""
    array = np.asarray(cells).reshape(written(step.name, like, given.layout).shape)
    is_weights = step.name.removeprefix("new").removeprefix("d")[0] == "W"
    return (array.T if given.layout.is_column and is_weights else array).reshape(like.shape)


def with_slips(
    given: Network, by: Student, random: np.random.Generator, count: int
) -> tuple[Slipped, ...]:
    """One to three mistakes in different lines, those of the digits in lines that are shown."""
    all_steps = list(steps(given))
    numbers = _numbers_of(work(given, by).lines)
    chosen = random.choice(len(all_steps), min(count, len(all_steps)), replace=False)
    found: list[Slipped] = []
    for at in sorted(int(one) for one in chosen):
        step = all_steps[at]
        groups = [list(slips(given, step)), list(slips_of_any_line(step))]
        if step.name in by.shown:
            groups.append(list(hands(numbers)))
        weights = np.array([5, 1, 4][: len(groups)]) * [bool(group) for group in groups]
        choices = groups[int(random.choice(len(groups), p=weights / weights.sum()))]
        kinds = sorted({one.kind for one in choices})
        kind = str(random.choice(kinds))
        same = [one for one in choices if one.kind == kind]
        found.append(Slipped(step.name, same[int(random.integers(len(same)))]))
    return tuple(found)


def _numbers_of(lines: Sequence[tuple[str, str]]) -> list[str]:
    """All numbers in the lines, as they are written."""
    texts = [line.split("=", 1)[1].replace("[", " ").replace("]", " ") for _, line in lines]
    return [word.strip() for text in texts for word in text.split(",")]


def _values_of(lines: Sequence[tuple[str, str]]) -> list[float]:
    return [float(number) for number in _numbers_of(lines)]


def alternatives(given: Network, name: str) -> Iterator[Slipped]:
    """All rules of the catalogue for the line of a step."""
    for step in steps(given):
        if step.name == name:
            found = [*slips(given, step), *slips_of_any_line(step)]
            yield from (Slipped(name, slip) for slip in found if not is_outside(slip))


def is_outside(slip: Slip) -> bool:
    """Whether the catalogue has no name for it."""
    return slip.kind in OUTSIDE
