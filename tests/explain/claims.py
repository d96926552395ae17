"""What the lines of an explanation claim, and whether it is so: every side against the truth.

What the left side and each other side come to is found by `meanings`; here they are held against
each other: formulas equal, numbers put in those of the names they stand for, = and ≈ in place.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal, localcontext

from tests.explain.by_hand_notation import in_paper_language
from tests.explain.meanings import CHAIN, Meanings, Retold
from tests.explain.precise import CONTEXT, Precise, Undecided, array_of, is_equal, rounded
from tests.explain.printed_numbers import (
    HOLE,
    are_within,
    can_be_exact,
    is_summary,
    number_of,
    numbers_in,
    pattern_of,
    with_holes,
    with_zeros,
)

from chainrule.explain.explanation import Equal, Explanation, Step
from chainrule.graph.node import Array, topological
from chainrule.notation.formula import Formula, Matrix, Number, Summary, inline, mark
from chainrule.ops.contract import Operation, lower_nodes

__all__ = ["Page"]

SMALLEST = Decimal("4.9e-324")  # float64 has no number below
CANCELLED = Decimal("1e-15")  # what is left of a difference of numbers that are about 1
WORD = re.compile(r"[^\W\d_][\w\u0300-\u036f']*")
IRRATIONAL = re.compile("sigmoid|softmax|σ|exp|log|tanh|entropy|sqrt|norm|sin|cos")
LOST = {"underflow", "cancelled", "shown_above"}  # what is said of a 0 that is none


class Page:
    """An explanation of a program, and what was found of its claims.

    `counts` says how many sides of which kind were held against the truth; `wrong` are the claims
    that are false, `unread` those that could not be read back.
    """

    def __init__(
        self,
        text: str,
        explanation: Explanation,
        digits: int = 4,
        retold: Retold | None = None,
        by_hand: bool = False,
    ) -> None:
        self.digits, self.goes_on_from_numbers = digits, by_hand
        self.is_rational = False  # whether what the line is about comes of fractions alone
        self.asked = text
        self.view = explanation.view
        self.meanings = Meanings(retold or Retold(text), explanation.view)
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.unread: list[str] = []
        said = {one.code for step in explanation.walk() for one in step.remarks}
        self.least = CANCELLED if "cancelled" in said else SMALLEST
        self.has_lost_digits = False
        with localcontext(CONTEXT):
            for step in explanation.steps:
                self._check(step, None)

    def _check(self, step: Step, above: Formula | None) -> None:
        if step.title is not None:
            self.meanings.is_by_hand = self._has_factors(step.title.code)
            if step.title.code in ("derivative", "forward", "answers"):
                self.has_lost_digits = self._is_said_to_differ(step)
            self.meanings.introduce(step)
            if step.title.code == "answers":
                self.meanings.read_as_asked(self.asked)
        what = above if step.what is None else step.what
        if step.kind == "quantity" and what is not None and step.sides:
            self._line(step, what)
        for inner in step.steps:
            self._check(inner, what if step.kind == "quantity" else above)

    def _is_said_to_differ(self, part: Step) -> bool:
        """Whether a closed form loses digits in float64, and the page says so."""
        said = {one.code for step in part.walk() for one in step.remarks}
        return self.view == "closed" and "closed:differs" in said

    def _has_factors(self, code: str) -> bool:
        """Whether a part of that title takes local Jacobians apart; those in it are like it."""
        if code.startswith(("derivative", "scalar:")):
            return self.view != "closed"
        return self.meanings.is_by_hand and code in ("result", "products_left", "products_right")

    def _line(self, step: Step, what: Formula) -> None:
        line = " ".join([inline(what), *map(_shown, step.sides)])
        if self.goes_on_from_numbers:
            self._worked_out(step, line)
            return
        self.is_rational = _comes_of_fractions(self.meanings.text(what), self.meanings)
        try:
            true = self.meanings.of(what)
        except Exception as problem:
            self.unread.append(f"{inline(what)} ({problem})")
            return
        for at, side in enumerate(step.sides):
            try:
                kind = self._side(step, at, side, true)
            except Undecided:
                kind = "undecided"
            except Exception as problem:
                self.unread.append(f"{inline(side.formula)} ({problem})")
                continue
            if kind is None and side.role == "result" and self.has_lost_digits:
                kind = "said to differ"
            if kind is None:
                truth = f"    [{inline(side.formula)}; it is {true.reshape(-1)}]"
                self.wrong.append(line[:400] + truth[:400])
            else:
                self.counts[kind] += 1

    def _side(self, step: Step, at: int, side: Equal, true: Array) -> str | None:
        """What was held against the truth; None if it is false."""
        if side.role == "symbolic":
            says_something = step.what is None or inline(step.what) != inline(side.formula)
            is_true = says_something and is_equal(self.meanings.of(side.formula), true)
            return "symbolic" if is_true else None
        if side.role == "result":
            said = {one.code for one in step.remarks}
            return self._result(side, true, bool(said & LOST))
        self._numbers_of_names(step, at)
        if side.is_exact:
            is_true = is_equal(self.meanings.put_in(side.formula), true)
            return "substituted exactly" if is_true else None
        if self.is_rational and is_equal(self.meanings.put_in(side.formula), true):
            return None  # = could have been said
        for least in (Decimal(0), self.least):  # a 0 may only be one in float64
            found = self.meanings.put_in(side.formula, self.digits, least)
            if are_within(true, found):
                return "substituted"
        return None

    def _worked_out(self, step: Step, line: str) -> None:
        """By hand: the numbers that are put in come to what is displayed, exactly or rounded."""
        put_in = [side for side in step.sides if side.role == "substituted"]
        for side in step.sides if put_in else ():
            if side.role != "result" or isinstance(side.formula, Summary):
                continue
            try:
                found = self.meanings.put_in(put_in[-1].formula)
            except Undecided:
                self.counts["undecided"] += 1
                continue
            is_true = self._result(side, found, False) is not None
            self.counts["worked out"] += is_true
            self.wrong += [] if is_true else [f"{line}    [{found.reshape(-1)}]"]

    def _numbers_of_names(self, step: Step, at: int) -> None:
        """Whether each number that was put in is that of the name in whose place it stands."""
        before = [step.what, *(side.formula for side in step.sides[:at])]
        plain = [one for one in before if one is not None and not isinstance(one, Matrix)]
        texts = [self.meanings.text(one) for one in plain]
        holes: list[Formula] = []
        template = with_holes(step.sides[at].formula, holes)
        names = [f"{HOLE}{number}" for number in range(len(holes))]
        for number, name in enumerate(names):
            template = template.replace(mark(number), name)
        known = self.meanings.entries | dict(zip(names, names, strict=True))
        matches = []
        for text in texts:
            if self.meanings.is_by_hand and CHAIN.sub("", text):
                pattern = pattern_of(in_paper_language(template, known))
                text = in_paper_language(text, self.meanings.entries)
            else:
                pattern = pattern_of(template)
            matches += [found] if (found := pattern.fullmatch(text)) else []
        if not matches:
            self.counts["numbers without a name"] += len(holes)
            return
        written = matches[-1].groupdict()
        for number, hole in enumerate(holes):
            name = written[f"name{number}"]
            sign = -1 if written.get(f"minus{number}") == "" else 1  # it is the number's own
            true = [sign * one.low for one in self.meanings.named(name).flat]
            self.counts["numbers of names"] += 1
            if not all(map(self._is_shown, true, numbers_in(hole))):
                self.wrong.append(f"{inline(step.sides[at].formula)}: {inline(hole)} is not {name}")

    def _is_shown(self, true: Decimal, number: Number) -> bool:
        if "/" in number.text:
            return is_equal(array_of([number_of(number)]), array_of([Precise(true)]))
        is_lost = number.text == "0" and abs(true) <= self.least  # said where it is computed
        return is_lost or rounded(true, number.text, self.digits)

    def _result(self, side: Equal, true: Array, is_said: bool) -> str | None:
        if isinstance(side.formula, Summary):
            return "summary" if is_summary(side.formula, true, self.digits) else None
        texts = [one.text for one in numbers_in(with_zeros(side.formula))]
        numbers = [one.low for one in true.reshape(-1)]
        if side.is_exact:
            shown = array_of([number_of(Number(text)) for text in texts])
            return "exact result" if is_equal(shown, array_of(map(Precise, numbers))) else None
        if len(texts) != len(numbers) or any("/" in text for text in texts):
            return None
        if self.is_rational and can_be_exact(numbers, self.digits):
            return None  # = could have been said
        pairs = list(zip(numbers, texts, strict=True))
        lost = [pair for pair in pairs if pair[1] == "0" and pair[0] != 0]
        if lost:
            is_true = is_said and max(abs(number) for number, _ in lost) <= self.least
            return "said to be lost" if is_true else None
        return "result" if all(rounded(one, text, self.digits) for one, text in pairs) else None


def _comes_of_fractions(text: str, meanings: Meanings) -> bool:
    """Whether all that a text names is computed without roots, exponentials and the like."""
    words = [one for one in WORD.findall(text) if one in meanings.book.names]
    if any(one not in meanings.quantities for one in words):
        return False  # a derivative that has a name; of what, is not looked up
    used = [meanings.quantities[one] for one in words]
    below = topological(used, lower_nodes)
    names = [one.operation.name for one in below if isinstance(one.operation, Operation)]
    return bool(used) and not any(IRRATIONAL.search(one) for one in (text, *names))


def _shown(side: Equal) -> str:
    return f"{'=' if side.is_exact else '≈'} {inline(side.formula)}"
