"""Explanations as PDF: what is on the pages, read back by another library."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from unicodedata import normalize

import pytest
from pypdf import PageObject, PdfReader
from tests.explain.example_views import PAIRS, explained
from tests.explain.reading_back import numbers_of
from tests.explain.sample import SAMPLE, expression, numbers, partial

from chainrule.errors import DataProblem
from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.compiled import FONT, compiled
from chainrule.explain.printers.pdf import pdf
from chainrule.explain.printers.typst_document import typst_document
from chainrule.notation.formula import Expression, Formula, Matrix, Number
from chainrule.notation.latex import latex_name

A4 = (595.28, 841.89)
MARGIN = 2.2 / 2.54 * 72  # points
FOOT = re.compile(r"\d+ / \d+\s*$")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?: ?× ?10-?\d+)?|∞|nan")


def pages(explanation: Explanation) -> list[PageObject]:
    return list(PdfReader(BytesIO(pdf(explanation))).pages)


def text(explanation: Explanation) -> str:
    """All text but the numbers of the pages; slanted letters as plain ones."""
    written = "\n".join(FOOT.sub("", page.extract_text()) for page in pages(explanation))
    return normalize("NFKC", written).replace("\u2212", "-").replace("\u200b", "")


def solid(written: str) -> str:
    """Without blanks and line ends: where lines are broken is of no account."""
    return "".join(normalize("NFKC", written).split())


def sentences(explanation: Explanation) -> Iterator[str]:
    for step in explanation.walk():
        for said in (step.title, step.rule, step.why, *step.remarks):
            if said is not None:
                yield say(said, explanation.language)


def counted(explanation: Explanation) -> Counter[str]:
    """The numbers that are to be seen; a fraction has two."""
    shown = (
        one.replace("e", "×10").replace("inf", "∞")
        for step in explanation.walk()
        for side in step.sides
        for number in numbers_of(side.formula)
        for one in number.lstrip("-").split("/")
    )
    return Counter(shown)


def read_back(written: str) -> Counter[str]:
    return Counter(solid(one) for one in NUMBER.findall(written))


def quantity(what: Formula, *sides: Formula, steps: tuple[Step, ...] = ()) -> Step:
    return Step("quantity", what=what, sides=tuple(map(Equal, sides)), steps=steps)


def page_of(*steps: Step, language: str = "en") -> Explanation:
    return Explanation(partial("l", "x"), "chain", steps, language)


def check(explanation: Explanation) -> None:
    written = text(explanation)
    missing = counted(explanation) - read_back(written)
    assert not missing
    for sentence in sentences(explanation):
        assert solid(sentence) in solid(written)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_numbers_and_sentences_of_the_sample(language: str) -> None:
    sample = Explanation(SAMPLE.title, SAMPLE.view, SAMPLE.steps, language)
    check(sample)
    assert solid(say(Sentence("view:chain"), language)) in solid(text(sample))


def of_example(problem: str, view: str) -> Explanation:
    found = explained(problem, view)
    if found is None:
        pytest.skip("the view refuses the example")
    return found


READ_BACK = [("000-A3", "chain"), ("001-A", "backward"), ("003-2d", "scalar"), ("000-C", "closed")]


@pytest.mark.parametrize(("problem", "view"), READ_BACK)
def test_numbers_and_sentences_of_examples(problem: str, view: str) -> None:
    check(of_example(problem, view))


@pytest.mark.parametrize(("problem", "view"), PAIRS)
def test_every_formula_of_the_examples_is_typeset(problem: str, view: str) -> None:
    assert 'raw("' not in typst_document(of_example(problem, view))


@pytest.mark.soak
@pytest.mark.parametrize(("problem", "view"), PAIRS)
def test_every_example_becomes_a_pdf(problem: str, view: str) -> None:
    assert pdf(of_example(problem, view)).startswith(b"%PDF-")


def test_the_pages() -> None:
    (page,) = pages(SAMPLE)
    assert page.extract_text().endswith("1 / 1")
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx(A4, abs=0.1)
    reader = PdfReader(BytesIO(pdf(SAMPLE)))
    assert reader.metadata is not None
    assert reader.metadata.title == "∂l/∂O"
    assert pdf(SAMPLE) == pdf(SAMPLE)


def fonts(document: bytes) -> set[str]:
    """The names of the fonts on the pages, without the tag of what was left out of them."""
    reader = PdfReader(BytesIO(document))
    found = (page["/Resources"]["/Font"].values() for page in reader.pages)  # type: ignore[index]
    return {font["/BaseFont"].partition("+")[2] for page in found for font in page}


def test_korean_is_set_in_the_font_that_is_shipped() -> None:
    said = "받침 있는 글자도 찍힌다: 꽮 뷁 힣 ㄱ 가중치"
    name = expression("가중치", latex_name("가중치1"))
    found = page_of(quantity(name, Number("2")), Step("remark", remarks=(Sentence(said),)))
    assert solid(said) in solid(text(found))
    assert "가중치1=2" in solid(text(found))
    assert any("ChainruleHangul" in font for font in fonts(pdf(found)))
    assert not any("ChainruleHangul" in font for font in fonts(pdf(SAMPLE)))


def test_the_font_has_every_modern_syllable() -> None:
    syllables = "".join(map(chr, range(0xAC00, 0xD7A4)))
    page = f'#set page(height: auto)\n#set text(font: "{FONT}", fallback: false)\n#"{syllables}"'
    document = compiled(page)
    (read,) = PdfReader(BytesIO(document)).pages
    assert solid(read.extract_text()) == syllables
    assert all("ChainruleHangul" in font for font in fonts(document))


HOSTILE = [
    "#eval(1)", r"\input{x}", "<script>alert(1)</script>", "$ x $", '"); #panic("', "*bold* _it_",
    "= no heading", "`raw` @ref <label>", "// no comment", "/* nor this", "\\", "\\u{41}",
    "~ -- ---",
]  # fmt: skip


@pytest.mark.parametrize("written", HOSTILE)
def test_names_and_sentences_print_as_themselves(written: str) -> None:
    said = Sentence(written)
    name = Expression(written, latex_name(written))
    step = Step(
        "quantity", what=name, rule=said, why=said, sides=(Equal(name),), remarks=(said,)
    )  # fmt: skip
    found = Explanation(name, "chain", (Step("part", title=said, steps=(step,)),))
    shown = solid(text(found)).replace("\u2019", "'").replace("\u2018", "'")
    assert shown.count(solid(written)) >= 7


def test_a_formula_without_latex_of_ours_is_shown_as_text() -> None:
    assert "unknown(x)=also" in solid(
        text(page_of(quantity(Expression("unknown(x)", r"\foo{x}"), Expression("also", r"\bar"))))
    )


def entries(rows: int, columns: int, kind: str = "matrix") -> Matrix:
    number = [[f"{1000 * row + column}.5" for column in range(columns)] for row in range(rows)]
    return numbers(*map(" ".join, number), kind=kind)


TERMS = [rf"\frac{{\partial l}}{{\partial S_{{{at}}}}} \cdot 7{at:02}" for at in range(30)]
SUM = " + ".join(TERMS)
UNBROKEN = "a" * 300
WIDE: list[Formula] = [
    entries(3, 40),
    entries(1, 64, "row"),
    entries(1, 64, "diagonal"),
    entries(60, 2),
    entries(1, 60, "column"),
    Expression("", SUM),
    Expression("", rf"\frac{{1}}{{3}} \left({SUM}\right)^2"),
    Expression("", rf"\log \left({SUM}\right)"),
    Expression("", rf"\frac{{{SUM}}}{{2}}"),
    Expression("", latex_name(UNBROKEN)),
]


def places(page: PageObject) -> Iterator[tuple[float, float]]:
    """Where each piece of text begins, in points from the lower left corner."""
    found: list[tuple[float, float]] = []

    def visit(shown: str, matrix: list[float], inner: list[float], *_: object) -> None:
        if shown.strip():
            a, b, c, d, e, f = matrix
            x, y = inner[4], inner[5]
            found.append((a * x + c * y + e, b * x + d * y + f))

    page.extract_text(visitor_text=visit)
    yield from found


@pytest.mark.parametrize("formula", WIDE)
@pytest.mark.parametrize(("depth", "language"), [(0, "ko"), (6, "en")])
def test_nothing_leaves_the_page(formula: Formula, depth: int, language: str) -> None:
    step = quantity(formula, formula, Number("3"))
    for _ in range(depth):
        step = quantity(Number("1"), steps=(step,))
    found = page_of(step, Step("remark", remarks=(Sentence(UNBROKEN),)), language=language)
    for page in pages(found):
        for x, y in places(page):
            assert MARGIN - 1 < x < A4[0] - MARGIN
            assert 0 < y < A4[1] - MARGIN + 5


@pytest.mark.parametrize("formula", WIDE)
def test_nothing_of_a_wide_formula_is_lost(formula: Formula) -> None:
    check(page_of(quantity(formula, formula)))


def test_matrices_that_are_too_wide_are_printed_some_columns_at_a_time() -> None:
    written = solid(text(page_of(quantity(expression("A"), entries(2, 30)))))
    assert written.count("of30:") >= 2
    assert "columns1to" in written


def test_without_typst_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(DataProblem, match=r"pip install 'chainrule\[pdf\]'"):
        pdf(SAMPLE)
