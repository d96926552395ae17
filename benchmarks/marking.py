"""How often marking is wrong itself: random networks, honest solutions, injected mistakes.

    python -m benchmarks.marking --solutions 400 --seed 1 [--show 3] [--json]

False alarms are lines of honest solutions that are marked wrong.  A solution with mistakes counts
if a mistake changes at least one digit of some line; it is noticed if any claim is wrong.  The
first wrong line is right if it is the first whose digits changed (or if the mistakes before are
too small to be noticed on their own, counted apart); a name is right if it is of a
kind that gives the same digits.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

import numpy as np

from benchmarks.figures import Figure
from benchmarks.marking_networks import Network, network, problem_text
from benchmarks.marking_slips import CODES
from benchmarks.marking_students import (
    PRECISIONS,
    WORKINGS,
    Paper,
    Slipped,
    Student,
    alternatives,
    is_outside,
    student,
    with_slips,
    work,
)
from chainrule.errors import ChainruleError
from chainrule.graph.source import Source
from chainrule.marking.marker import Marker
from chainrule.marking.report import Claim, Report

NOT_NOTICED = dict(zip(PRECISIONS, (None, 5.0, 0.5, 0.5, 0.5), strict=True))  # goals, per cent
NOT_NAMED = dict(zip(PRECISIONS, (None, None, 10.0, None, None), strict=True))
LINES = 15
CLASS = 1000


class Attempt(NamedTuple):
    """A network, a student's solution with mistakes or without, and the first line they change."""

    problem: str
    given: Network
    by: Student
    honest: Paper
    mistakes: tuple[Slipped, ...]
    paper: Paper
    first: int | None


class Failure(NamedTuple):
    """An attempt that was marked wrongly."""

    kind: str
    attempt: Attempt
    report: Report | None
    problem: str = ""


# --- attempts -----------------------------------------------------------------------------------


def honest_attempts(precision: str, count: int, seed: int) -> Iterator[Attempt]:
    """Solutions without a mistake, in all manners of working."""
    for at in range(count):
        random = np.random.default_rng([seed, at, PRECISIONS.index(precision)])
        given = network(random)
        by = student(given, random, precision, WORKINGS[at % len(WORKINGS)])
        paper = work(given, by)
        yield Attempt(problem_text(given, random), given, by, paper, (), paper, None)


def mistaken_attempts(precision: str, count: int, seed: int) -> Iterator[Attempt]:
    """Solutions in which one to three mistakes change a digit of some line."""
    found = at = 0
    while found < count:
        at += 1
        random = np.random.default_rng([seed, at, PRECISIONS.index(precision), 1])
        given = network(random)
        by = student(given, random, precision, WORKINGS[at % len(WORKINGS)])
        number = int(random.choice([1, 2, 3], p=[0.6, 0.25, 0.15]))
        mistakes = with_slips(given, by, random, number)
        honest, paper = work(given, by), work(given, by, mistakes)
        first = paper.first_difference(honest)
        if first is None or not paper.is_finite:
            continue
        found += 1
        yield Attempt(problem_text(given, random), given, by, honest, mistakes, paper, first)


# --- what is counted ----------------------------------------------------------------------------


class Tally:
    """Counts by name, and the failures."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.failures: list[Failure] = []

    def fail(self, kind: str, attempt: Attempt, report: Report | None, problem: str = "") -> None:
        self.counts[kind] += 1
        self.failures.append(Failure(kind, attempt, report, problem))

    def percent(self, part: str, whole: str) -> float:
        return 100 * self.counts[part] / max(self.counts[whole], 1)


def _checked(attempt: Attempt, tally: Tally) -> Report | None:
    try:
        return Marker(Source(attempt.problem)).check(attempt.paper.text)
    except ChainruleError as problem:
        tally.fail("unusable", attempt, None, str(problem))
    except Exception as problem:  # a crash is counted, and the rest goes on
        tally.fail("crash", attempt, None, repr(problem))
    return None


def tally_of(precision: str, count: int, seed: int) -> Tally:
    """Honest solutions and mistaken ones of one precision."""
    tally = Tally()
    for attempt in honest_attempts(precision, count, seed):
        if report := _checked(attempt, tally):
            _count_honest(attempt, report, tally)
    for attempt in mistaken_attempts(precision, count, seed):
        if report := _checked(attempt, tally):
            _count_mistaken(attempt, report, tally)
    return tally


def _count_honest(attempt: Attempt, report: Report, tally: Tally) -> None:
    working = attempt.by.working
    tally.counts["solutions"] += 1
    for claim in report.claims:
        tally.counts["lines"] += 1
        tally.counts[f"lines, {working}"] += 1
        tally.counts[f"verdict {claim.verdict}"] += 1
        if claim.verdict in ("wrong", "unreadable"):
            tally.counts[f"false alarms, {working}"] += 1
            tally.fail("false alarm", attempt, report)


def _count_mistaken(attempt: Attempt, report: Report, tally: Tally) -> None:
    tally.counts["mistaken"] += 1
    wrong = report.first_wrong_line
    if wrong is None:
        tally.fail("not noticed", attempt, report)
        return
    tally.counts["noticed"] += 1
    tally.counts["needless"] += _needless(attempt, report)
    if wrong != attempt.first:
        if wrong == _first_noticed(attempt):
            tally.counts["too small before"] += 1
        else:
            tally.fail("first line wrong", attempt, report)
        return
    tally.counts["first line right"] += 1
    claim = next(one for one in report.claims if one.line == wrong and one.verdict == "wrong")
    _count_names(attempt, report, claim, tally)


def _first_noticed(attempt: Attempt) -> int | None:
    """The first line changed by a mistake that is noticed when it is the only one."""
    marker = Marker(Source(attempt.problem))
    lines = []
    for one in attempt.mistakes:
        paper = work(attempt.given, attempt.by, [one])
        if marker.check(paper.text).first_wrong_line is not None:
            lines.append(paper.first_difference(attempt.honest))
    return min((line for line in lines if line is not None), default=None)


def _needless(attempt: Attempt, report: Report) -> int:
    """Wrong lines beyond the number of mistakes: a mistake was counted again."""
    return int(report.count("wrong") > len(attempt.mistakes))


def _count_names(attempt: Attempt, report: Report, claim: Claim, tally: Tally) -> None:
    """Of the first mistake; if several lines' mistakes meet in a hidden line, none is asked for."""
    kinds = _kinds_of_first(attempt)
    names = [mistake.code for mistake in claim.mistakes]
    if kinds is None:
        return
    codes = frozenset().union(*(CODES.get(kind, frozenset()) for kind in kinds))
    if not codes:
        tally.counts["outside"] += 1
        if names:
            tally.counts[f"{sorted(kinds)[0]} named {', '.join(names[:3])}"] += 1
            tally.fail("false name", attempt, report)
        return
    kind = sorted(kinds)[0]
    tally.counts["in the catalogue"] += 1
    tally.counts[f"in the catalogue, {kind}"] += 1
    if names and names[0] in codes:
        tally.counts["right name on top"] += 1
        tally.counts[f"right name on top, {kind}"] += 1
    else:
        tally.counts[
            f"{kind} named {', '.join(names[:3]) or 'nothing'} ({attempt.by.working})"
        ] += 1
        tally.fail("name not on top", attempt, report)
    if codes & set(names):
        tally.counts["right name listed"] += 1


def _kinds_of_first(attempt: Attempt) -> frozenset[str] | None:
    """All kinds that give the digits of the first line that changed; None if two mistakes do."""
    assert attempt.first is not None
    step, text = attempt.paper.lines[attempt.first - 1]
    order = [one for one, _ in attempt.honest.lines]
    alone = [
        one
        for one in attempt.mistakes
        if work(attempt.given, attempt.by, [one]).lines[order.index(step)][1] == text
    ]
    if not alone:
        return None
    first = alone[0]
    if first.step != step and first.step in attempt.by.shown:
        return None
    same = {first.slip.kind}
    if first.slip.rule and not is_outside(first.slip):
        return frozenset(same)
    for other in alternatives(attempt.given, first.step):
        if work(attempt.given, attempt.by, [other]).lines[order.index(step)][1] == text:
            same.add(other.slip.kind)
    return frozenset(same)


# --- speed --------------------------------------------------------------------------------------


def speed(seed: int) -> float:
    """Solutions of 15 lines a second, one process, a class of one problem."""
    random = np.random.default_rng(seed)
    given = network(random)
    while given.depth != 3 or given.batch < 2:
        given = network(random)
    marker = Marker(Source(problem_text(given, random)))
    texts = []
    for at in range(CLASS):
        by = student(given, random, "3 decimals", WORKINGS[at % len(WORKINGS)])
        lines = work(given, by, with_slips(given, by, random, at % 2)).lines[:LINES]
        texts.append("\n".join(text for _, text in lines))
    start = perf_counter()
    for text in texts:
        marker.check(text)
    return CLASS / (perf_counter() - start)


# --- output -------------------------------------------------------------------------------------


def row(tally: Tally) -> dict[str, float]:
    """The figures of one precision, in per cent."""
    return {
        "false alarms": tally.percent("false alarm", "lines"),
        "undecided": tally.percent("verdict undecided", "lines"),
        "noticed": tally.percent("noticed", "mistaken"),
        "first line right": tally.percent("first line right", "noticed"),
        "too small before": tally.percent("too small before", "noticed"),
        "name on top": tally.percent("right name on top", "in the catalogue"),
        "name listed": tally.percent("right name listed", "in the catalogue"),
        "false names": tally.percent("false name", "outside"),
        "counted again": tally.percent("needless", "noticed"),
        "crashes": float(tally.counts["crash"] + tally.counts["unusable"]),
    }


def measure_marking(solutions: int = 40, seed: int = 1) -> list[Figure]:
    """What goes wrong in marking, each against its goal, and the time for one solution."""
    figures = []
    for precision in PRECISIONS:
        found = row(tally_of(precision, solutions, seed))
        misses = {
            "false alarms": (found["false alarms"], 0.5),
            "not noticed": (100 - found["noticed"], NOT_NOTICED[precision]),
            "first line not right": (100 - found["first line right"], 1.0),
            "right name not on top": (100 - found["name on top"], NOT_NAMED[precision]),
        }
        figures += [
            Figure(f"marking, {precision}: {name}", value, "%", goal)
            for name, (value, goal) in misses.items()
        ]
    return [*figures, Figure("marking a solution of 15 lines", 1e3 / speed(seed), "ms", 4)]


def _show(failures: list[Failure], count: int) -> None:
    shown: Counter[str] = Counter()
    for failure in failures:
        shown[failure.kind] += 1
        if shown[failure.kind] <= count:
            _show_one(failure)


def _show_one(failure: Failure) -> None:
    attempt = failure.attempt
    print(f"\n=== {failure.kind}: {attempt.by.precision}, {attempt.by.working} {failure.problem}")
    for one in attempt.mistakes:
        print(f"    mistake: {one.step}: {one.slip.kind}")
    print(attempt.problem)
    claims: dict[int, list[Claim]] = {}
    for claim in failure.report.claims if failure.report else ():
        claims.setdefault(claim.line, []).append(claim)
    for number, (_, text) in enumerate(attempt.paper.lines, 1):
        honest = attempt.honest.lines[number - 1][1]
        verdicts = "; ".join(_verdict(claim) for claim in claims.get(number, ()))
        print(f"{number:3} {text}    <- {verdicts}")
        if honest != text:
            print(f"    {honest}    (without the mistake)")


def _verdict(claim: Claim) -> str:
    names = ", ".join(mistake.code for mistake in claim.mistakes)
    cells = [cell for cell in claim.cells if cell.verdict in ("wrong", "undecided")]
    details = " ".join(
        f"{cell.claimed}|true {cell.expected:.6g}|carried {cell.carried}±{cell.radius:.2g}"
        if cell.expected is not None
        else f"{cell.claimed}|none"
        for cell in cells[:2]
    )
    return f"{claim.verdict} [{names}] {details} {claim.problem}".strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--solutions", type=int, default=400, help="of each kind and precision")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--precision", action="append", choices=PRECISIONS, help="default: all")
    parser.add_argument("--show", type=int, default=0, help="examples of each kind of failure")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = {}
    for precision in options.precision or PRECISIONS:
        tally = tally_of(precision, options.solutions, options.seed)
        found[precision] = row(tally) | {"counts": dict(sorted(tally.counts.items()))}
        if not options.json:
            _print(precision, tally)
            _show(tally.failures, options.show)
    pace = speed(options.seed)
    if options.json:
        print(json.dumps({"precisions": found, "solutions a second": pace}))
    else:
        print(f"\n{pace:.0f} solutions of {LINES} lines a second in one process")
    return 0


def _print(precision: str, tally: Tally) -> None:
    print(f"\n{precision}")
    for name, value in row(tally).items():
        print(f"  {name:<18} {value:8.2f}")
    for working in WORKINGS:
        share = tally.percent(f"false alarms, {working}", f"lines, {working}")
        print(f"  false alarms, {working:<12} {share:8.2f}")
    kinds = [name for name in tally.counts if name.startswith("in the catalogue, ")]
    for name in sorted(kinds):
        kind = name.removeprefix("in the catalogue, ")
        right = tally.counts[f"right name on top, {kind}"]
        print(f"  named: {kind:<34} {right:4} of {tally.counts[name]}")
    for name, count in sorted(tally.counts.items()):
        if " named " in name:
            print(f"  {count:4} {name}")


if __name__ == "__main__":
    sys.exit(main())
