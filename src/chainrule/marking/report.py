"""What marking finds, as plain data: a verdict for every claim, cell by cell.

The printers (`plain`, `markdown`, `html`, `schema`) only lay this out.
"""

from __future__ import annotations

from chainrule.graph.record import Record

__all__ = ["ACCEPTED", "VERDICTS", "Cell", "Claim", "Mistake", "Remark", "Report", "worst"]

VERDICTS = (
    "exact",
    "consistent",
    "truncated",
    "follow-through",
    "undecided",
    "wrong",
    "unreadable",
)
"""From the best to the worst: a line of several cells has the worst verdict of any."""
ACCEPTED = VERDICTS[:4]


class Cell(Record):
    """One number of a claim.

    `claimed` is its text, `value` what it says (None if the cell is missing), `expected` the true
    value, `carried` what follows from the lines before (None where
    nothing was carried), `radius` how far from `carried` the roundings admit it.
    """

    index: tuple[int, ...]
    claimed: str
    value: float | None
    expected: float | None
    carried: float | None
    radius: float
    verdict: str


class Mistake(Record):
    """A mistake that gives the claimed numbers: its stable code, the place in the chain.

    `details` fill the sentence in `messages`; `where` names the factor or quantity.
    """

    code: str
    where: str
    details: tuple[tuple[str, str], ...] = ()


class Remark(Record):
    """Something worth saying of a claim that is no mistake, by its code in `messages`."""

    code: str
    details: tuple[tuple[str, str], ...] = ()


class Claim(Record):
    """One claim of a solution: `target = …`, one link of an equality chain.

    `target` and `index` are split, `(dl/dW1)[1,0]` is `dl/dW1` at `(1, 0)`; `shape` is the
    shape of the claimed numbers, () for one number.  Indices count as the problem's do.  An
    unreadable claim has no cells, and `problem` says why; a claim of a formula has one cell for
    each value of the target.
    """

    line: int
    column: int
    text: str
    target: str
    index: tuple[int, ...]
    shape: tuple[int, ...]
    verdict: str
    cells: tuple[Cell, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    remarks: tuple[Remark, ...] = ()
    problem: str = ""

    def with_mistakes(self, mistakes: tuple[Mistake, ...]) -> Claim:
        """The claim, with what went wrong in it."""
        fields = dict(zip(self.fields, self.key(), strict=True))
        return Claim(**(fields | {"mistakes": mistakes}))


class Report(Record):
    """A marked solution."""

    claims: tuple[Claim, ...]

    @property
    def first_wrong_line(self) -> int | None:
        """The line of the first claim that is wrong."""
        return next((one.line for one in self.claims if one.verdict == "wrong"), None)

    def count(self, verdict: str) -> int:
        """How many claims have this verdict."""
        return sum(one.verdict == verdict for one in self.claims)


def worst(verdicts: list[str]) -> str:
    """The worst of them.

    >>> worst(["exact", "truncated", "consistent"])
    'truncated'
    """
    return max(verdicts, key=VERDICTS.index)
