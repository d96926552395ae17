"""Whatever people call their things, nothing of it takes effect: in no format, in no drawing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
from pypdf import PdfReader
from tests.explain.derived import example
from tests.explain.takes_effect import check_latex, check_markdown, check_page, check_text, steers

from chainrule.cli.main import main
from chainrule.explain.drawing.build import drawing_of
from chainrule.explain.drawing.data import drawing_json
from chainrule.explain.drawing.page import page
from chainrule.explain.drawing.svg import svg
from chainrule.explain.drawing.text import text_lines
from chainrule.explain.explain import VIEWS
from chainrule.explain.explanation import Explanation
from chainrule.explain.function import explain
from chainrule.explain.options import Options
from chainrule.explain.printers.html import html_fragment
from chainrule.explain.printers.pdf import pdf
from chainrule.explain.schema import tree_json
from chainrule.explain.traced import paper_of
from chainrule.functions.staging import Staged
from chainrule.graph.source import Source
from chainrule.trace.tracer import called

HOSTILE = [
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- ", "]]>&lt;"],
    [r"\input{/etc/passwd}", r"\write18{ls}", r"\end{document}", "}\\def\\x{", "a^^5cb"],
    ['#eval("1")', "#import", '"); #panic("', "@ref <label>", "// no comment", "/* nor this */"],
    ["$x$", "100%", "a&b", "a|b", "a_b^c~d", "#1", "\\", "{", "}", "^_"],
    ["`ls`", "**b**", "[a](javascript:alert(1))", "- item", "# head", "1. one", "***"],
    ["\u202eabc", "\x1b[31mred\x1b[0m", "two\nlines", "nul\x00l", "tab\tbed", "\u2028", "\x9b0m"],
    ["", " ", "x y", "'", '"', "0", "δ", "∂l/∂x", "x0", "W[0]", "(x, y)", "F∘G"],
]
STRANGE = """
import numpy as np

# <script>alert(1)</script> \\\\input{/etc/passwd} #eval("1") $x$ & % | ` \x1b[31m
def alpha(ﬁ, 𝐱, 変数, __x__, beta_, a__b, _, ẞ, ª, Σe, y\u0302, o\u0308, ﺍ):
    # }} <img src=x onerror=alert(1)> {{
    sigma = np.tanh(ﬁ * 𝐱) + 変数  # \\\\end{document}
    __len__ = sigma * __x__ + beta_ * a__b * _
    lambda_ = __len__ * ẞ + ª * Σe * y\u0302 * o\u0308 * ﺍ
    return np.sum(lambda_ ** 2)
"""
COUNT = 13


def squares(things: dict[str, Any]) -> Any:
    """A sum over all that there is, whatever it is called."""
    total = 0.0
    for key in things:
        total = total + np.sum(np.tanh(things[key]) ** 2)
    return total


def strange(folder: Path) -> Callable[..., Any]:
    """A function of a file with comments, the names of which are unusual but allowed."""
    path = folder / "strange.py"
    path.write_text(STRANGE, encoding="utf-8")
    spec = spec_from_file_location("strange", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.alpha


def explanations(view: str, folder: Path) -> Iterator[tuple[list[str], Explanation]]:
    """Explanations, and the words that stand in each."""
    for names in HOSTILE:
        things = {name: np.array([0.5, 1.0]) for name in names}
        yield names, explain(squares, things, view=view)
    numbers = [0.5 + at for at in range(COUNT)]
    yield ["alpha"], explain(strange(folder), *numbers, view=view, wrt=[0, 2, 7])


@pytest.fixture(params=VIEWS, scope="module")
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[list[str], Explanation]]:
    return list(explanations(request.param, tmp_path_factory.mktemp("strange")))


Found = list[tuple[list[str], Explanation]]


# Explanations in every format.


def test_text_steers_no_terminal(found: Found) -> None:
    for names, one in found:
        text = one.to("text")
        check_text(text)
        assert all(visible(name) in squeezed(text) for name in names)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def visible(name: str) -> str:
    """What of a name is seen at least: its letters and digits in a row."""
    words = re.findall(r"[A-Za-z]{2,}", name)
    return max(words, key=len) if words and not steers(name) else ""


def test_html_runs_nothing(found: Found) -> None:
    for names, one in found:
        for html in (one.to("html"), html_fragment(one)):
            shown = check_page(html).shown
            assert all(visible(name) in shown for name in names)
        for name in names:
            if "<" in name and not steers(name):
                assert name not in one.to("html")


def test_latex_has_no_command_of_anybody_else(found: Found) -> None:
    for _, one in found:
        check_latex(one.to("latex"))
        check_latex(one.to("latex-fragment"))


def test_markdown_has_no_markup_of_anybody_else(found: Found) -> None:
    for _, one in found:
        check_markdown(one.to("md"))


def test_data_are_data(found: Found) -> None:
    for names, one in found:
        written = json.dumps(tree_json(one), ensure_ascii=False)
        again = json.loads(written)
        assert again == tree_json(one)
        assert all(visible(name) in written for name in names)


def test_a_notebook_shows_it_as_harmlessly(found: Found) -> None:
    for _, one in found:
        bundle = one._repr_mimebundle_()
        check_page(bundle["text/html"])
        check_markdown(bundle["text/markdown"])
        check_text(bundle["text/plain"])


def test_pdfs_show_the_names(tmp_path: Path) -> None:
    for names, one in explanations("backward", tmp_path):
        document = pdf(one)
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(document)).pages)
        shown = "".join(normalize("NFKC", text).split())
        for name in names:
            assert "".join(visible(name).split()) in shown, name


# Drawings.


def drawings(folder: Path) -> Iterator[Any]:
    for names in HOSTILE:
        things = {name: np.array([0.5, 1.0]) for name in names}
        yield names, drawing(squares, [things])
    yield ["lambda_"], drawing(strange(folder), [0.5 + at for at in range(COUNT)])


def drawing(function: Callable[..., Any], arguments: list[Any]) -> Any:
    program, values = Staged(function, called).program(arguments, {})
    paper = paper_of(program.trace, values, "l", Source(""))
    return drawing_of(paper, None, [], Options())


def test_drawings_run_nothing(tmp_path: Path) -> None:
    for names, one in drawings(tmp_path):
        shown = check_page(page(one)).shown
        picture = check_page(svg(one)).shown
        check_text("\n".join(text_lines(one)))
        data = json.dumps(drawing_json(one), ensure_ascii=False)
        assert json.loads(data) == drawing_json(one)
        for name in names:
            assert visible(name) in shown
        assert picture.strip()  # long names are shortened there


# Files: their names, their comments.

NAMES = [
    "<img src=x onerror=alert(1)>.chain",
    r"\input{x}$%&#.chain",
    '#eval("1").chain',
    "`a`|[b](c).chain",
    "\u202egnp\x1b[31m.chain",
]
COMMENTS = "# <script>alert(1)</script> \\input{/etc/passwd} #eval(1) $x$ & % | `\n"


FORMS: dict[str, Callable[[str], object]] = {
    "html": check_page,
    "latex": check_latex,
    "latex-fragment": check_latex,
    "md": check_markdown,
    "text": check_text,
}


@pytest.mark.parametrize("name", NAMES)
def test_names_and_comments_of_files_do_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(COMMENTS + example("000-C").replace("\n", f" {COMMENTS}", 3), "utf-8")
    for form, check in FORMS.items():
        assert main(["explain", str(path), "--to", form]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        assert "passwd" in printed.out  # what a comment says is shown
        check(printed.out)


def test_mistakes_in_hostile_texts_steer_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / NAMES[-1]
    path.write_text("x = 1\ny = \x1b[31mx\u202e\ndy/dx", "utf-8")
    assert main(["explain", str(path)]) == 2
    printed = capsys.readouterr()
    check_text(printed.out + printed.err)
    assert "cannot be read" in printed.err


# That something would be found.

TAKES_EFFECT: list[tuple[Callable[[str], object], str]] = [
    (check_page, "<!DOCTYPE html><p><script>1</script></p>"),
    (check_page, "<!DOCTYPE html><p onclick='alert(1)'>x</p>"),
    (check_page, "<!DOCTYPE html><a href='javascript:1'>x</a>"),
    (check_page, "<!DOCTYPE html><!-- x --><p>x</p>"),
    (check_page, "<!DOCTYPE html><p>\u202ex</p>"),
    (check_latex, r"\text{\input{/etc/passwd}}"),
    (check_latex, r"\text{a # b}"),
    (check_latex, r"\text{100% sure}"),
    (check_latex, r"\text{a $x b}"),
    (check_latex, r"\text{a} b}"),
    (check_latex, "\\text{\x1b}"),
    (check_markdown, "# l\n\n<script>alert(1)</script>"),
    (check_markdown, "# l\n\nof `x` and"),
    (check_markdown, "# l\n\n[a](javascript:alert(1))"),
    (check_markdown, "# l\n\n$a}$"),
    (check_text, "a\x1b[31mb"),
]


@pytest.mark.parametrize(("check", "text"), TAKES_EFFECT)
def test_what_takes_effect_is_found(check: Callable[[str], object], text: str) -> None:
    with pytest.raises(AssertionError):
        check(text)
