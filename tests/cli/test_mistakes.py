"""What is answered to mistakes on the command line and in files, and how files are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.running import LECTURE, complaint, printed, run

# Mistakes on the command line.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "chainrule: the following arguments are required: COMMAND. See chainrule --help."),
        (["sovle", LECTURE], "chainrule: argument COMMAND: invalid choice: 'sovle'"),
        (["solve"], "chainrule solve: the following arguments are required: FILE."),
        (["solve", LECTURE, "--jsn"], "chainrule: unrecognized arguments: --jsn."),
        (["solve", LECTURE, "--∂"], "chainrule: unrecognized arguments: --∂."),
        (["solve", LECTURE, "--digits", "x"], "chainrule solve: argument --digits: invalid int"),
        (["solve", LECTURE, "--digits", "0"], "--digits takes a number from 1 to 17, not 0."),
        (["solve", LECTURE, "--digits", "18"], "--digits takes a number from 1 to 17, not 18."),
        (["solve", LECTURE, "--digits", "-1", "--json"], "--digits takes a number from 1 to 17"),
        (
            ["explain", LECTURE, "--digits", "99"],
            "digits takes a whole number from 1 to 17, not 99.",
        ),
        (["explain", LECTURE, "--wrt"], "chainrule explain: argument --wrt: expected one argument"),
        (["solve", "a.chain", "b.chain"], "chainrule: unrecognized arguments: b.chain."),
        (["solve", "nowhere.chain"], "nowhere.chain: cannot be read: No such file or directory."),
        (["explain", "nowhere.chain"], "nowhere.chain: cannot be read: No such file or directory."),
        (["solve", "examples"], "examples: cannot be read: Is a directory."),
        (["solve", ""], ": cannot be read: No such file or directory."),
        (
            ["explain", LECTURE, "--wrt", "w1"],
            f"'w1' is not defined in {LECTURE}. Did you mean 'W1'?",
        ),
        (
            ["explain", LECTURE, "--of", "lable"],
            f"'lable' is not defined in {LECTURE}. Did you mean 'label'?",
        ),
        (["explain", LECTURE, "--wrt", "qqqq"], f"'qqqq' is not defined in {LECTURE}."),
        (["explain", LECTURE, "--of", "I"], "The file asks for no derivative of I; add --wrt NAME"),
    ],
)
def test_a_mistake_is_answered(arguments: list[str], message: str) -> None:
    assert complaint(*arguments).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"x = 1\ny = x^2\n", "The file asks for no derivative; name one: --of l --wrt W."),
        (b"", "The file asks for no derivative; name one: --of l --wrt W."),
    ],
)
def test_a_file_without_questions_has_nothing_to_explain(text: bytes, message: str) -> None:
    assert complaint("explain", "-", text=text) == message + "\n"


def test_no_number_to_differentiate() -> None:
    text = b"x = [1, 2]\ny = x^2\ndy/dx"
    assert complaint("explain", "-", "--wrt", "x", text=text).startswith(
        "The file defines no single number to differentiate; name one with --of."
    )


# What files hold.


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 3\ny = x^2\ndy/dx\n", id="plain"),
        pytest.param("x = 3\ny = x^2\ndy/dx", id="no line feed at the end"),
        pytest.param("x = 3\r\ny = x^2\r\ndy/dx\r\n", id="CRLF"),
        pytest.param("\ufeffx = 3\ny = x^2\ndy/dx\n", id="BOM"),
        pytest.param("\ufeffx = 3\r\ny = x^2\r\ndy/dx", id="BOM and CRLF"),
        pytest.param("# ∂ ŷ ℓ\n\n\nx = 3   # three\n\ny = x^2\n\tdy/dx\n", id="remarks"),
    ],
)
def test_a_text_is_read_from_a_file_or_from_standard_input(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ŷ 1.chain"
    path.write_bytes(text.encode())
    found = printed("solve", str(path))
    assert "  dy/dx = 6\n" in found
    done = run("solve", "-", text=text.encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, found, "")


def test_an_empty_file_has_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "empty.chain"
    path.touch()
    assert printed("solve", str(path)) == ""
    found = json.loads(printed("solve", str(path), "--json"))
    assert (found["format"], found["values"], found["steps"]) == (1, {}, [])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = 1\ny = \xff\n", ":2: this is not UTF-8 text (byte 0xff at position 10)."),
        ("x = 1\ny = x".encode("utf-16"), ":1: this is not UTF-8 text (byte 0xff at position 0)."),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", ":1:1: The character U+007F cannot be read."),
        (b"x = 1\x00\n", ":1:6: The character U+0000 cannot be read."),
        (b"x = 1\ny = z\n", ":2:5: 'z' is not defined."),
        (b"import os\n", ":1:1: 'import' is Python."),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(
    data: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.chain"
    path.write_bytes(data)
    for command in ("solve", "explain"):
        assert complaint(command, str(path)).startswith(f"{path}{message}")
        assert complaint(command, "-", text=data).startswith(f"<stdin>{message}")


def test_an_error_points_at_its_place() -> None:
    text = "I = [2, 1]\nW1 = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nO = I @ W1\n"
    assert complaint("solve", "-", text=text.encode()).splitlines() == [
        "<stdin>:3:7: I is (2) and W1 is (3 × 3): @ needs the last size of the left, 2, "
        "to equal the first size of the right, 3.",
        "    O = I @ W1",
        "          ^",
    ]
