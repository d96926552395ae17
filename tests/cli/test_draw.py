"""`chainrule draw` as a real process; docs/drawing.md shows what it prints."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.cli.running import BATCH, LECTURE, MODULE, ROOT, complaint, printed, run

needs_typst = pytest.mark.skipif(find_spec("typst") is None, reason="typst is not installed")
PAGE = (ROOT / "docs" / "drawing.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ chainrule ([^\n]*)\n(.*?)```", PAGE, re.DOTALL)
FUNCTION = ("examples/network.py:loss", "--args", "examples/network.npz")
STARTS = {"text": b"Computation graph of l\n", "svg": b"<svg ", "html": b"<!DOCTYPE html>\n"}


@pytest.mark.parametrize(("command", "output"), SHOWN)
def test_the_page_shows_what_is_printed(command: str, output: str) -> None:
    assert output in printed(*command.split())


@pytest.mark.parametrize("form", STARTS)
def test_every_format_is_printed_and_written(form: str, tmp_path: Path) -> None:
    shown = printed("draw", LECTURE, "--to", form).encode()
    assert shown.startswith(STARTS[form])
    path = tmp_path / "graph"
    assert printed("draw", LECTURE, "--to", form, "--output", str(path)) == ""
    assert path.read_bytes() == shown


@pytest.mark.parametrize(
    ("name", "form"), [("a.svg", "svg"), ("a.SVG", "svg"), ("a.html", "html"), ("a.txt", "text")]
)
def test_the_format_is_what_the_name_ends_in(name: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / name
    printed("draw", LECTURE, "--output", str(path))
    assert path.read_bytes().startswith(STARTS[form])


@needs_typst
def test_a_png_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "graph.png"
    assert printed("draw", BATCH, "--output", str(path), "--lang", "ko") == ""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n")
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    svg = ElementTree.fromstring(printed("draw", BATCH, "--to", "svg", "--lang", "ko"))
    assert width == pytest.approx(2 * float(svg.attrib["width"]), abs=2)
    assert height == pytest.approx(2 * float(svg.attrib["height"]), abs=2)


def test_a_png_is_not_for_a_terminal() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*MODULE, "draw", LECTURE, "--to", "png"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        timeout=60,
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert b"name a file: --output graph.png" in done.stderr


def test_of_a_python_function() -> None:
    assert "H = tanh(X @ W1 + b1)" in printed("draw", *FUNCTION)


def test_only_the_paths_from_a_quantity() -> None:
    lines = printed("draw", LECTURE, "--of", "S", "--wrt", "W1", "--layers", "backward").split("\n")
    assert lines == [
        "Computation graph of S",
        "",
        "○  W1",
        "│    ∂S/∂W1 ∈ ℝ^(2×4)",
        "●  O",
        "│    ∂O/∂W1 = kron(L, eye(2))",
        "│    ∂S/∂O ≈ [2.789×10⁻¹⁰ -2.789×10⁻¹⁰; -2.789×10⁻¹⁰ 2.789×10⁻¹⁰]",
        "●  S",
        "     ∂S/∂O = diag(S) - outer(S, S)",
        "",
    ]


def test_digits_and_decimals() -> None:
    assert "S = softmax(O) ≈ [1 2.79×10⁻¹⁰]" in printed("draw", LECTURE, "--digits", "3")
    assert "L = sum((ŷ - Y)^2) / 3 ≈ 15.6\n" in printed("draw", BATCH, "--decimals", "1")


def test_as_data(tmp_path: Path) -> None:
    path = tmp_path / "graph.svg"
    found = json.loads(printed("draw", LECTURE, "--json", "--output", str(path)))
    assert (found["format"], found["title"]) == (1, "Computation graph of l")
    names = [one["name"] for one in found["quantities"]]
    assert names == ["I", "W0", "W1", "h", "L", "O", "S", "l"]
    edges = [(names[one["from"]], names[one["to"]]) for one in found["edges"]]
    assert edges == [
        ("I", "h"), ("W0", "h"), ("h", "L"), ("L", "O"), ("W1", "O"), ("O", "S"), ("S", "l")
    ]  # fmt: skip
    assert path.read_bytes().startswith(b"<svg ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--of", "z"], "'z' is not defined"),
        (["--of", "h", "--wrt", "W1"], "h does not depend on W1"),
        (["--wrt", "W1,"], "names with commas between them"),
        (["--lang", "eo"], "eo"),
        (["--digits", "0"], "from 1 to 17"),
        (["--to", "gif"], "invalid choice: 'gif'"),
        (["--output", "no/such/folder/a.svg"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], said: str) -> None:
    assert said in complaint("draw", LECTURE, *arguments)


def test_a_text_with_too_much_in_it() -> None:
    chain = "\n".join(f"x{at} = 2 * x{at - 1}" for at in range(1, 400))
    assert "--of NAME" in complaint("draw", "-", text=f"x0 = 1\n{chain}".encode())


def test_help_has_examples() -> None:
    done = run("draw", "--help")
    assert done.returncode == 0
    assert "chainrule draw examples/000-C.chain --output graph.svg" in done.stdout
