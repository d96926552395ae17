"""LaTeX documents are compiled, in both languages; nothing is cut off at the margin."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.browser.table import LANGUAGES, derivation
from tests.explain.sample import SAMPLE

from chainrule.explain.explanation import Explanation, Sentence, Step
from chainrule.explain.printers.latex import latex_document, latex_fragment
from chainrule.notation.formula import Expression
from chainrule.notation.latex import latex_name

pytestmark = pytest.mark.browser

COMPILED = [("000-C", "chain"), ("002-A", "backward"), ("003-3", "scalar"), ("004-A", "closed")]
NAMES = ("W1", "ŷ", "손실", "net_h1", "αβ", "été", "Ж", "_x")
NOTE = r"100 % #1 $x$ a_b^c ~ \input{/etc/passwd} \\ {& <b> ∂l/∂W₁ᵀ 손실 «é» 😀 " + '"'


def compiled(text: str, folder: Path) -> str:
    """What TeX says of a document; there is a PDF then."""
    (folder / "explained.tex").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "explained.tex"],
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (folder / "explained.pdf").read_bytes().startswith(b"%PDF")
    return done.stdout


def overfull(log: str) -> list[str]:
    """Lines that stick out into the margin by more than a digit."""
    return [
        points for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(points) > 5
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("example", "view"), COMPILED)
def test_documents_compile(example: str, view: str, language: str, tmp_path: Path) -> None:
    log = compiled(latex_document(derivation(example, view, language)), tmp_path)
    assert overfull(log) == []
    assert "Missing character" not in log


def test_a_fragment_compiles_in_slides_of_ones_own(tmp_path: Path) -> None:
    text = latex_fragment(SAMPLE)
    own = r"\documentclass{article}\usepackage{amsmath,amssymb,graphicx}\begin{document}"
    (tmp_path / "part.tex").write_text(text, encoding="utf-8")
    compiled(own + r"\input{part}\input{part}\end{document}", tmp_path)


def test_whatever_a_user_writes_compiles_and_does_nothing(tmp_path: Path) -> None:
    steps = tuple(Step("quantity", what=Expression(name, latex_name(name))) for name in NAMES)
    said = Step("remark", remarks=(Sentence("note", (("text", NOTE),)),))
    log = compiled(
        latex_document(Explanation(Expression("l", "l"), "chain", (*steps, said))), tmp_path
    )
    assert "passwd" not in log
