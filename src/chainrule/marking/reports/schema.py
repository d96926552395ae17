"""The JSON form of a report: format 1, described in docs/json.md."""

from __future__ import annotations

import math
from typing import Any

from chainrule.marking.report import ACCEPTED, Cell, Claim, Report
from chainrule.marking.reports.wording import remark, sentence

__all__ = ["FORMAT", "report_json"]

FORMAT = 1
COUNTED = (*ACCEPTED, "wrong", "undecided", "unreadable")  # the order they are listed in
Json = dict[str, Any]


def report_json(report: Report, language: str = "en") -> Json:
    """Everything that marking found: numbers in full precision, null where there is none.

    >>> report_json(Report(()))["summary"]["first_wrong_line"] is None
    True
    """
    return {
        "format": FORMAT,
        "claims": [_claim(claim, language) for claim in report.claims],
        "summary": {
            "claims": len(report.claims),
            **{verdict: report.count(verdict) for verdict in COUNTED},
            "first_wrong_line": report.first_wrong_line,
        },
    }


def _claim(claim: Claim, language: str) -> Json:
    return {
        "line": claim.line,
        "column": claim.column,
        "text": claim.text,
        "target": claim.target,
        "index": list(claim.index),
        "claimed": _nested([cell.value for cell in claim.cells], claim.shape),
        "expected": _nested([cell.expected for cell in claim.cells], claim.shape),
        "carried": _nested([cell.carried for cell in claim.cells], claim.shape),
        "radius": _nested([cell.radius for cell in claim.cells], claim.shape),
        "verdict": claim.verdict,
        "cells": [_cell(cell) for cell in claim.cells],
        "mistakes": [
            {"code": one.code, "where": one.where, "message": sentence(one, language)}
            for one in claim.mistakes
        ],
        "remarks": [{"code": one.code, "message": remark(one, language)} for one in claim.remarks],
        "problem": claim.problem or None,
    }


def _cell(cell: Cell) -> Json:
    return {
        "index": list(cell.index),
        "claimed": _number(cell.value),
        "expected": _number(cell.expected),
        "carried": _number(cell.carried),
        "radius": _number(cell.radius),
        "verdict": cell.verdict,
        "text": cell.claimed,
    }


def _nested(values: list[float | None], shape: tuple[int, ...]) -> Any:
    """Numbers in their shape; null if there are none at all, one list if they do not fill it."""
    found = [_number(value) for value in values]
    if all(value is None for value in found):
        return None
    if math.prod(shape) != len(found):
        return found
    return _laid_out(found, shape)


def _laid_out(values: list[float | None], shape: tuple[int, ...]) -> Any:
    if not shape:
        return values[0]
    step = len(values) // shape[0]
    rows = (values[start : start + step] for start in range(0, len(values), step))
    return [_laid_out(row, shape[1:]) for row in rows]


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
