"""`chainrule explain` in its formats, as a real process: files, endings, options together."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.cli.running import LECTURE, MODULE, ROOT, complaint, printed

STARTS = {  # the ending of a file, and how what is written into it begins
    "txt": b"\xe2\x88\x82l/\xe2\x88\x82W1\n",
    "md": b"# $",
    "tex": b"%",
    "html": b"<!DOCTYPE html>",
    "pdf": b"%PDF-",
}


@pytest.mark.parametrize("ending", STARTS)
def test_a_file_is_what_its_name_ends_in(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"derivation.{ending}"
    assert printed("explain", LECTURE, "--wrt", "W1", "--output", str(file)) == ""
    assert file.read_bytes().startswith(STARTS[ending])


@pytest.mark.parametrize("form", ["text", "md", "latex", "latex-fragment", "html"])
@pytest.mark.parametrize("view", ["chain", "backward", "scalar", "closed"])
def test_every_view_is_printed_in_every_format(view: str, form: str) -> None:
    found = printed("explain", LECTURE, "--wrt", "W1", "--view", view, "--to", form)
    assert len(found) > 1_000
    assert "Verified" in found


def test_a_pdf_goes_into_a_pipe() -> None:
    command = [*MODULE, "explain", LECTURE, "--wrt", "W1", "--to", "pdf"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)
    assert done.stdout.startswith(b"%PDF-")


def test_json_goes_into_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "derivation.json"
    assert printed("explain", LECTURE, "--wrt", "W1", "--json", "--output", str(file)) == ""
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["explanation"]["title"]["text"] == "∂l/∂W1"
    assert found == json.loads(printed("explain", LECTURE, "--wrt", "W1", "--json"))


@pytest.mark.parametrize("view", ["backward", "scalar"])
def test_the_tree_of_steps_stands_in_json(view: str) -> None:
    found = json.loads(printed("explain", LECTURE, "--wrt", "W1", "--view", view, "--json"))
    assert (found["view"], found["explanation"]["view"]) == (view, view)
    sides = [side for step in steps(found["explanation"]["steps"]) for side in step["sides"]]
    assert {side["role"] for side in sides} == {"symbolic", "substituted", "result"}


def steps(tree: list[dict[str, list[dict[str, str]]]]) -> list[dict[str, list[dict[str, str]]]]:
    """All steps of a tree."""
    return [one for step in tree for one in (step, *steps(step["steps"]))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--digits", "3", "--decimals", "2"], "--digits and --decimals do not go together"),
        (["--output", "derivation.docx"], ".docx is no format here, only .txt, .md, .tex"),
        (["--decimals", "18"], "decimals takes a whole number from 0 to 17, not 18."),
        (["--lang", "tlh"], "There are no"),
        (["--layout", "mixed"], "invalid choice: 'mixed'"),
        (["--wrt", ",".join(f"x{at}" for at in range(51))], "51 derivatives are asked for"),
    ],
)
def test_what_is_refused(arguments: list[str], message: str) -> None:
    assert message in complaint("explain", LECTURE, *arguments)
