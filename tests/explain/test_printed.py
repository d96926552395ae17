"""One explanation, every format: each by name, and what is said of a name that is none."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.explain.sample import SAMPLE

from chainrule.errors import DataProblem
from chainrule.explain.printers import FORMS, printed

SIGNS = {
    "text": "∂l/∂O\n=====\n",
    "md": r"# $\frac{\partial l}{\partial O}$",
    "latex": r"\documentclass",
    "latex-fragment": r"\begin{align*}",
    "html": "<!DOCTYPE html>",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_printed_as_what_it_is(form: str) -> None:
    text = SAMPLE.to(form)
    assert SIGNS[form] in text
    own = [other for other in ("text", "md", "latex", "html") if SIGNS[other] in text]
    assert own == [form] * (form != "latex-fragment")
    assert text == printed(SAMPLE, form)


@pytest.mark.parametrize("form", ["pdf", "TEXT", "", "docx" * 1000])
def test_an_unknown_form_is_refused_by_naming_those_there_are(form: str) -> None:
    with pytest.raises(DataProblem) as refused:
        SAMPLE.to(form)
    assert "text, md, latex, latex-fragment, html" in str(refused.value)
    assert len(str(refused.value)) < 200


def test_only_the_printer_that_is_used_is_loaded() -> None:
    code = """
import sys
from tests.explain.sample import SAMPLE
SAMPLE.to("text")
print(sorted(name for name in sys.modules if name.startswith("chainrule.explain.printers.")))
print("rich" in sys.modules)
"""
    paths = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=paths, check=True
    )
    loaded, rich = ran.stdout.splitlines()
    assert "terminal" in loaded
    assert not {"html", "latex", "markdown", "pdf"} & set(loaded.replace("'", ".").split("."))
    assert rich == "False"
