"""Every formula that is printed as LaTeX is read by a parser that is not ours."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from tests.browser.table import DERIVATIONS, LANGUAGES, derivation
from tests.explain.sample import SAMPLE

from chainrule.explain.explanation import Explanation
from chainrule.explain.printers import printed

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
Found = tuple[str, bool]  # LaTeX, and whether it stands on lines of its own
DISPLAYED = {
    "latex": re.compile(r"\\begin\{align\*\}.*?\\end\{align\*\}", re.DOTALL),
    "latex-fragment": re.compile(r"\\begin\{align\*\}.*?\\end\{align\*\}", re.DOTALL),
    "md": re.compile(r"\$\$(.+?)\$\$", re.DOTALL),
}
INLINE = re.compile(r"(?<![\\$])\$(?:\\displaystyle )?([^$]+)\$(?!\$)")


def formulas(explanation: Explanation, form: str) -> list[Found]:
    """The formulas in an explanation as it is printed."""
    text = printed(explanation, form)
    text = text.split(r"\setcounter{MaxMatrixCols}{100}")[-1]  # the macro before it is not ours
    shown = [(found, True) for found in DISPLAYED[form].findall(text)]
    rest = DISPLAYED[form].sub("", text)
    return shown + [(found, False) for found in INLINE.findall(rest)]


def complaints(found: list[Found]) -> list[tuple[str, str]]:
    """What KaTeX says against formulas: one process for all of them."""
    unique = list(dict.fromkeys(found))
    done = subprocess.run(
        ["node", HERE / "katex.mjs"],
        input=json.dumps(unique),
        capture_output=True,
        text=True,
        check=True,
        cwd=HERE,
    )
    return [(latex, message) for latex, message in json.loads(done.stdout)]


def test_a_wrong_formula_is_complained_about() -> None:
    assert [latex for latex, _ in complaints([("a_b_c", False), ("a_b", False)])] == ["a_b_c"]


@pytest.mark.parametrize("form", DISPLAYED)
def test_formulas_are_found(form: str) -> None:
    assert sum("bmatrix" in latex for latex, _ in formulas(SAMPLE, form)) >= 3


@pytest.mark.parametrize("form", DISPLAYED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_formula_parses(form: str, language: str) -> None:
    found = [
        formula
        for example, view in DERIVATIONS
        for formula in formulas(derivation(example, view, language), form)
    ]
    assert len(found) > 10 * len(DERIVATIONS)
    assert complaints(found) == []
