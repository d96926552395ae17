"""The catalogues of sentences, and a report as JSON."""

from __future__ import annotations

import json
import string

import pytest

from chainrule.errors import DataProblem
from chainrule.marking.report import ACCEPTED, VERDICTS, Cell, Claim, Mistake, Remark, Report, worst
from chainrule.marking.reports.messages import en
from chainrule.marking.reports.schema import report_json
from chainrule.marking.reports.wording import (
    MARKS,
    catalogue,
    languages,
    remark,
    require_language,
    sentence,
    word,
)

SECTIONS = ("WORDS", "REMARKS", "MISTAKES")
CODES = [(section, code) for section in SECTIONS for code in catalogue(section, "en")]
REMARKS = [
    "transposed",
    "flattened",
    "row-for-column",
    "shape",
    "missing-cells",
    "restated",
    "right-but-does-not-follow",
    "truncated",
    "follows-from",
    "trivial",
    "whole-number",
    "mistake-fits",
    "per-example",
    "identity",
    "holds-here",
    "not-claimed",
    "given",
    "underflow",
]


def fields(template: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


# Sentences.


@pytest.mark.parametrize(("section", "code"), CODES, ids=lambda text: text)
def test_every_language_says_the_same_with_the_same_fields(section: str, code: str) -> None:
    english = catalogue(section, "en")[code]
    for language in languages():
        said = catalogue(section, language)[code]
        assert said.strip() == said != ""
        assert fields(said) <= fields(english) | {"where"}


@pytest.mark.parametrize("language", languages())
def test_no_language_has_codes_that_english_lacks(language: str) -> None:
    for section in SECTIONS:
        assert set(catalogue(section, language)) <= set(catalogue(section, "en"))


@pytest.mark.parametrize("language", languages())
def test_templates_take_plain_names_alone(language: str) -> None:
    # {where.x} or {where[0]} would look into what a stranger wrote
    for section in SECTIONS:
        for said in catalogue(section, language).values():
            assert all(name.isidentifier() for name in fields(said))


@pytest.mark.parametrize("code", REMARKS)
def test_every_remark_has_a_sentence(code: str) -> None:
    assert remark(Remark(code)) != code
    assert remark(Remark(code), "ko") != remark(Remark(code))


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_a_name_and_a_mark(verdict: str) -> None:
    assert verdict in en.WORDS
    assert len(MARKS[verdict]) == 1
    assert word(verdict, "ko") != word(verdict, "en")


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ((("line", "3"),), "This repeats line 3."),
        ((), "This repeats line …."),
        ((("line", "{line}"),), "This repeats line {line}."),
        ((("line", "{0.__class__}"),), "This repeats line {0.__class__}."),
        ((("line", "%s"), ("other", "4")), "This repeats line %s."),
    ],
)
def test_details_are_filled_in_and_never_interpreted(
    details: tuple[tuple[str, str], ...], said: str
) -> None:
    assert remark(Remark("restated", details)) == said


def test_a_code_without_a_sentence_is_shown_itself() -> None:
    assert sentence(Mistake("brand-new", "∂l/∂S")) == "brand-new"
    assert remark(Remark("brand-new"), "ko") == "brand-new"


def test_a_language_without_a_catalogue_is_refused() -> None:
    with pytest.raises(DataProblem, match=r"no messages in 'tlh', only in: en, "):
        require_language("tlh")


def test_a_remark_on_a_mistake_says_its_sentence_in_the_language() -> None:
    said = Remark("mistake-fits", (("code", "unnamed-slip"),))
    assert remark(said, "en").endswith(" unnamed-slip")
    assert remark(said, "ko").endswith(" unnamed-slip")


# The record itself.


@pytest.mark.parametrize(
    ("verdicts", "of_the_line"),
    [
        (["exact"], "exact"),
        (["exact", "consistent", "truncated"], "truncated"),
        (["follow-through", "truncated"], "follow-through"),
        (["exact", "wrong", "undecided"], "wrong"),
    ],
)
def test_a_line_has_the_worst_verdict_of_its_cells(verdicts: list[str], of_the_line: str) -> None:
    assert worst(verdicts) == of_the_line


# JSON.

KEYS = ["line", "column", "text", "target", "index", "claimed", "expected", "carried", "radius"]
KEYS += ["verdict", "cells", "mistakes", "remarks", "problem"]


def claim(
    shape: tuple[int, ...], values: list[float | None], verdict: str = "exact", **more: object
) -> Claim:
    """A claim of these numbers, with 0.5 as the true ones."""
    cells = tuple(
        Cell((at,), str(one), one, 0.5, None, 0.1, verdict) for at, one in enumerate(values)
    )
    return Claim(1, 1, "…", "h", (), shape, verdict, cells, **more)  # type: ignore[arg-type]


def test_the_keys_are_those_of_the_format() -> None:
    found = report_json(Report((claim((), [0.5]),)))
    assert list(found) == ["format", "claims", "summary"]
    assert found["format"] == 1
    assert list(found["claims"][0]) == KEYS
    cell = ["index", "claimed", "expected", "carried", "radius", "verdict", "text"]
    assert list(found["claims"][0]["cells"][0]) == cell
    assert list(found["summary"]) == [
        "claims",
        *ACCEPTED,
        "wrong",
        "undecided",
        "unreadable",
        "first_wrong_line",
    ]


@pytest.mark.parametrize(
    ("shape", "values", "claimed"),
    [
        ((), [0.5], 0.5),
        ((1,), [0.5], [0.5]),
        ((3,), [1, 2, 3], [1, 2, 3]),
        ((2, 3), [1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]),
        ((1, 2, 2), [1, 2, 3, 4], [[[1, 2], [3, 4]]]),
        ((2, 2), [1, None, 3, 4], [[1, None], [3, 4]]),  # a missing cell
        ((2,), [float("inf"), float("nan")], None),  # no number that JSON has
        ((), [], None),  # unreadable
        ((2, 3), [1, 2], [1, 2]),  # the cells do not fill the shape
        ((0, 2), [], None),
    ],
)
def test_numbers_are_nested_like_the_claim(
    shape: tuple[int, ...], values: list[float | None], claimed: object
) -> None:
    (found,) = report_json(Report((claim(shape, values),)))["claims"]
    assert found["claimed"] == claimed
    json.dumps(found, allow_nan=False)  # raises ValueError if a number is not finite


def test_what_is_not_there_is_null() -> None:
    (found,) = report_json(Report((claim((2,), [0.5, 0.5]),)))["claims"]
    assert (found["expected"], found["carried"]) == ([0.5, 0.5], None)
    assert found["problem"] is None
    assert found["mistakes"] == found["remarks"] == []


def test_mistakes_and_remarks_have_code_and_message() -> None:
    one = claim(
        (), [0.4], "wrong", mistakes=(Mistake("sign", "∂l/∂S"),), remarks=(Remark("given"),)
    )
    (found,) = report_json(Report((one,)), "ko")["claims"]
    (mistake,) = found["mistakes"]
    assert (mistake["code"], mistake["where"]) == ("sign", "∂l/∂S")
    assert mistake["message"] == sentence(one.mistakes[0], "ko")
    assert found["remarks"] == [{"code": "given", "message": remark(Remark("given"), "ko")}]


def test_the_summary_counts_verdicts() -> None:
    verdicts = ["exact", "wrong", "follow-through", "unreadable", "wrong", "exact"]
    claims = [Claim(at, 1, "", "", (), (), one) for at, one in enumerate(verdicts, 3)]
    assert report_json(Report(tuple(claims)))["summary"] == {
        "claims": 6,
        "exact": 2,
        "consistent": 0,
        "truncated": 0,
        "follow-through": 1,
        "wrong": 2,
        "undecided": 0,
        "unreadable": 1,
        "first_wrong_line": 4,
    }
