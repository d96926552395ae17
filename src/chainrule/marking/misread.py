"""A digit that was misread where more digits are shown than the numbers before support.

2.61 · 0.93 = 2.4273.  Within the rounding of 2.61 and 0.93 lies 2.4293, too; but who writes four
decimals has multiplied the displayed numbers, or unrounded ones, and nothing between.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.marking.judge import Reference, is_near
from chainrule.marking.judged import Judged
from chainrule.marking.reading.displayed import Displayed

__all__ = ["cannot_tell", "is_misread", "without_slips"]

OVERPRECISE = 20  # a reach of so many times the displayed rounding
FINER = 0.15  # of the finest rounding that the line comes from
SLACK = 1e-6
MULTIPLES = {-1.0: "sign", 2.0: "factor-two", 0.5: "factor-half"}
WITNESSES = 2  # cells that show that a line is overprecise


def without_slips(found: Judged, shows_operands: bool, finest: Callable[[], float]) -> list[str]:
    """The verdicts, `wrong` for a cell that is its face value but for one digit.

    Only where the line is overprecise, and the others of its cells are face values or the
    operands are shown.  `finest` is the smallest rounding of what the line is computed from.
    """
    faces = [one for one in found.references if one.verdict == "consistent"]
    suspects = [at for at in range(len(found.cells)) if faces and _is_suspect(found, faces, at)]
    if not suspects or not (shows_operands or _is_finer(found, finest())):
        return list(found.verdicts)
    half = found.numbers.halves.min()  # of the line: 4.97 beside 3.8808 stands for 4.9700
    reach = np.fmax.reduce([one.reach for one in faces])
    overprecise = reach > OVERPRECISE * half
    plain = np.abs(found.numbers.values - faces[0].values) <= half * (1 + SLACK)
    others = int((~plain & overprecise).sum()) - 1
    is_shown = shows_operands or (int((plain & overprecise).sum()) >= WITNESSES and not others)
    wrong = {at for at in suspects if is_shown and overprecise[at] and not plain[at]}
    return ["wrong" if at in wrong else one for at, one in enumerate(found.verdicts)]


def cannot_tell(found: Judged) -> str:
    """The code of a mistake that gives these very digits, where the right value only may.

    With a carried value as coarse as 0.00 ± 0.005, the other sign is within its rounding.
    """
    faces = [one for one in found.references if one.verdict == "consistent"]
    if not faces or set(found.verdicts) != {"consistent"}:
        return ""
    nothing = np.zeros(len(found.verdicts))
    if is_near(found.numbers, faces[0].values, nothing).any():
        return ""
    for factor, code in MULTIPLES.items():
        for right in (faces[0].values, found.truth):
            if right.any() and is_near(found.numbers, factor * right, nothing).all():
                return code
    return ""


def _is_finer(found: Judged, finest: float) -> bool:
    """Whether cells show a decimal more than anything that they come from, not just a small one."""
    return int((found.numbers.halves < FINER * finest).sum()) >= WITNESSES


def _is_suspect(found: Judged, faces: list[Reference], at: int) -> bool:
    is_consistent = found.verdicts[at] == "consistent"
    return is_consistent and is_misread(found.cells[at], float(faces[0].values[at]))


def is_misread(cell: Displayed | None, value: float) -> bool:
    """Whether the cell is the value with one digit changed, or two neighbours swapped.

    >>> from chainrule.marking.reading.displayed import displayed
    >>> is_misread(displayed("2.4293"), 2.4273), is_misread(displayed("2.4283"), 2.4318)
    (True, False)
    """
    if cell is None or not cell.unit or not np.isfinite(value) or cell.value * value < 0:
        return False
    written, meant = (str(round(abs(one) / cell.unit)) for one in (cell.value, value))
    width = max(len(written), len(meant))
    written, meant = written.zfill(width), meant.zfill(width)
    off = [at for at in range(width) if written[at] != meant[at]]
    if len(off) == 2 and off[1] == off[0] + 1:
        return written[off[0]] == meant[off[1]] and written[off[1]] == meant[off[0]]
    return len(off) == 1
