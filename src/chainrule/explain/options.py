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
        _check("digits", self.digits, 1)
        if self.decimals is not None:
            _check("decimals", self.decimals, 0)
        if self.layout not in LAYOUTS:
            raise DataProblem(f"The layout is {' or '.join(LAYOUTS)}, not {self.layout!r:.40}.")
        if self.flatten not in ORDERS:
            raise DataProblem(
                f"Arrays are flattened by {' or '.join(ORDERS)}, not {self.flatten!r:.40}."
            )
        return self


def _check(name: str, number: object, least: int) -> None:
    if (
        not isinstance(number, int)
        or isinstance(number, bool)
        or not least <= number <= MOST_DIGITS
    ):
        raise DataProblem(
            f"{name} takes a whole number from {least} to {MOST_DIGITS}, not {number!r:.40}."
        )


USUAL = Options()
