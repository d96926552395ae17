"""How a derivation is to be written: digits, layout, language."""

from __future__ import annotations

from chainrule.errors import DataProblem
from chainrule.graph.record import Record

__all__ = ["USUAL", "Options"]

MOST_DIGITS = 17  # of a float64
LAYOUTS = ("numerator", "denominator")
ORDERS = ("rows", "columns")


class Options(Record):
    """How a derivation is to be written.

    `decimals`, where given, takes the place of the significant `digits`.  `by_hand` is to go on
    from the displayed numbers, as a person with a calculator does.  `layout` and `flatten` are
    matters of display only.
    """

    digits: int = 4
    decimals: int | None = None
    by_hand: bool = False
    layout: str = "numerator"
    flatten: str = "rows"
    language: str = "en"

    def checked(self) -> Options:
        """The options themselves.

        Raises:
            DataProblem: one is outside of what there is.
        """
        if not 1 <= self.digits <= MOST_DIGITS:
            raise DataProblem(f"digits takes a number from 1 to {MOST_DIGITS}, not {self.digits}.")
        if self.decimals is not None and not 0 <= self.decimals <= MOST_DIGITS:
            raise DataProblem(
                f"decimals takes a number from 0 to {MOST_DIGITS}, not {self.decimals}."
            )
        if self.layout not in LAYOUTS:
            raise DataProblem(f"The layout is {' or '.join(LAYOUTS)}, not {self.layout!r:.40}.")
        if self.flatten not in ORDERS:
            raise DataProblem(
                f"Arrays are flattened by {' or '.join(ORDERS)}, not {self.flatten!r:.40}."
            )
        return self


USUAL = Options()
