"""`chainrule train` as a real process: numbers, a curve, interruptions, errors."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.running import (
    BATCH,
    MODULE,
    PLAIN,
    ROOT,
    complaint,
    interruptible,
    on_a_terminal,
    printed,
    run,
)

from chainrule.cli.plot import plot_lines

LINE = "x = [0, 1, 2]\ny = [1, 3, 5]\nw = 0\nb = 0\nL = mean((w*x + b - y)^2)\n"
STEP = "w := w - 0.2 * dL/dw\nb := b - 0.2 * dL/db\n"
FITTED = LINE + STEP


def trained(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("train", "-", *arguments, text=text.encode())


def in_json(*arguments: str) -> Any:
    return json.loads(printed("train", BATCH, "--json", *arguments))


def test_it_shows_the_loss_a_curve_and_the_parameters() -> None:
    done = trained(FITTED, "--steps", "200")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "L"
    assert lines[1] == "  after   0 steps  11.6667"
    assert [line[8:11].strip() for line in lines[1:12]] == [str(20 * at) for at in range(11)]
    assert re.fullmatch(r"  +11\.67 ┤[⠀-⣿]+ *", lines[12])
    assert lines[20].split() == ["0", "(logarithmic)", "200"]
    assert lines[21:] == [
        "Parameters",
        "  w",
        "    before  0",
        "    after   2",
        "  b",
        "    before  0",
        "    after   1",
    ]


def test_a_thousand_steps_of_an_example() -> None:
    found = in_json()
    assert (found["format"], found["steps"], found["notes"]) == (1, 1000, [])
    assert found["loss"]["name"] == "L"
    assert found["loss"]["steps"] == list(range(0, 1001, 100))
    assert found["loss"]["values"][0] == pytest.approx(15.628558066012038, rel=1e-14)
    assert found["loss"]["values"][-1] < 1e-14
    assert found["parameters"]["W2"]["shape"] == [2, 2]


def test_one_step_is_the_one_that_solve_shows() -> None:
    solved = json.loads(printed("solve", BATCH, "--json"))
    found = in_json("--steps", "1")
    for name, change in solved["updates"].items():
        assert found["parameters"][name]["before"] == change["old"]
        after = np.array(found["parameters"][name]["after"])
        np.testing.assert_allclose(after, change["new"], rtol=1e-12)
    before, after = found["loss"]["values"]
    assert before == pytest.approx(solved["values"]["L"]["value"], rel=1e-12)
    assert after == pytest.approx(solved["values"]["new(L)"]["value"], rel=1e-12)


@pytest.mark.parametrize(
    ("steps", "every", "shown"),
    [
        (1, None, [0, 1]),
        (7, None, [0, 1, 2, 3, 4, 5, 6, 7]),
        (25, None, [*range(0, 25, 2), 25]),
        (10, 4, [0, 4, 8, 10]),
        (10, 100, [0, 10]),
    ],
)
def test_how_often_the_loss_is_shown(steps: int, every: int | None, shown: list[int]) -> None:
    asked = [] if every is None else ["--every", str(every)]
    assert in_json("--steps", str(steps), *asked)["loss"]["steps"] == shown


def test_another_number_can_be_reported() -> None:
    text = FITTED + "E = abs(w - 2)\n"
    assert trained(text, "--of", "E").stdout.startswith("E\n  after     0 steps  2\n")


def test_a_file_without_a_loss_shows_parameters() -> None:
    done = trained("a = 1\nb = 2\na := b\nb := a\n", "--steps", "3")
    assert (
        done.stdout
        == "Parameters\n  a\n    before  1\n    after   2\n  b\n    before  2\n    after   1\n"
    )
    assert json.loads(trained("a = 1\na := a + 1\n", "--json").stdout)["loss"] is None


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_it_can_be_written_to_a_file(form: list[str], tmp_path: Path) -> None:
    path = tmp_path / "trained"
    shown = printed("train", BATCH, *form)
    assert printed("train", BATCH, *form, "--output", str(path)) == ""
    assert path.read_text(encoding="utf-8") == shown


def test_json_has_the_keys_that_its_page_lists() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8").split("## Training")[1]
    assert re.findall(r"^\| `(\w+)`", page, re.MULTILINE) == list(in_json("--steps", "2"))


def test_digits() -> None:
    assert "after   100 steps  0.27251049788\n" in printed("train", BATCH, "--digits", "12")


# On a terminal.


def test_a_bar_and_a_curve_as_wide_as_the_terminal() -> None:
    shown = on_a_terminal("train", BATCH, COLUMNS="60")
    assert "━" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    curve = [line for line in plain.splitlines() if "┤" in line or "│" in line]
    assert len(curve) == 8
    assert 50 < max(map(len, curve)) <= 60


def test_no_colour_where_none_is_wanted() -> None:
    shown = on_a_terminal("train", BATCH, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*m", shown)


def test_no_bar_where_nobody_looks() -> None:
    assert run("train", BATCH).stderr == ""


WIDE = "X = ones(60, 60)\nW = eye(60)\nL = mean((tanh(X @ W) - X)^2)\nW := W - 0.001 * dL/dW\n"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_ctrl_c_shows_what_there_is(form: list[str], tmp_path: Path) -> None:
    """Sent as soon as the bar has shown a loss: by then training is under way."""
    (tmp_path / "wide.chain").write_text(WIDE, encoding="utf-8")
    ours, theirs = pty.openpty()
    command = [*MODULE, "train", str(tmp_path / "wide.chain"), "--steps", "10000000", *form]
    with interruptible():
        opened = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=theirs, cwd=ROOT, env=PLAIN
        )
    os.close(theirs)
    with opened as process, open(ours, "rb", buffering=0) as screen:
        try:
            said = screen.read(4096)
            while b"L =" not in said:
                said += screen.read(4096)
            process.send_signal(signal.SIGINT)
            shown = process.communicate(timeout=60)[0].decode()
            with suppress(OSError):  # the other end has gone
                while part := screen.read(4096):
                    said += part
        finally:
            process.kill()
    assert process.returncode == 130
    (steps,) = re.findall(r"interrupted after ([\d,]+) of 10,000,000 steps\r\n$", said.decode())
    if form:
        assert json.loads(shown)["steps"] == int(steps.replace(",", ""))
    else:
        assert re.search(rf"^  after {steps} steps  0", shown, re.MULTILINE)


def test_ctrl_c_is_ignored_where_it_was(tmp_path: Path) -> None:
    """By what a shell runs in the background, for one."""
    (tmp_path / "wide.chain").write_text(WIDE, encoding="utf-8")
    command = [*MODULE, "train", str(tmp_path / "wide.chain"), "--steps", "3000", "--json"]
    command += ["--output", str(tmp_path / "trained.json")]
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        opened = subprocess.Popen(command, cwd=ROOT, env=PLAIN)
    finally:
        signal.signal(signal.SIGINT, before)
    with opened as process:
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
    assert process.returncode == 0
    assert json.loads((tmp_path / "trained.json").read_text())["steps"] == 3000


# What goes wrong.


def test_a_loss_without_bounds_shows_how_far_it_came() -> None:
    done = trained(LINE + STEP.replace("0.2", "2"))
    assert done.returncode == 2
    found = re.fullmatch(
        r"L is infinite after (\d+) steps\. A smaller factor before the derivatives may help\.\n",
        done.stderr,
    )
    assert found is not None
    assert f"  after {found[1]} steps  inf\n" in done.stdout
    assert "Parameters" in done.stdout
    document = json.loads(trained(LINE + STEP.replace("0.2", "2"), "--json").stdout)
    assert document["loss"]["values"][-1] == "inf"
    assert document["notes"] == [f"L is infinite after {found[1]} steps."]


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (
            LINE,
            [],
            "<stdin>: nothing is updated. Write one line for each parameter, such as W := W",
        ),
        (FITTED.replace("w = 0", "w : R"), [], "there are none for w."),
        (FITTED, ["--steps", "0"], "--steps takes a number from 1 to 10,000,000, not 0."),
        (FITTED, ["--steps", "10000001"], "--steps takes a number from 1 to 10,000,000, not"),
        (FITTED, ["--steps", "many"], "argument --steps: invalid int value: 'many'"),
        (FITTED, ["--every", "0"], "--every takes a number from 1 on, not 0."),
        (FITTED, ["--digits", "0"], "--digits takes a number from 1 to 17, not 0."),
        (FITTED, ["--of", "K"], "'K' is not defined in <stdin>."),
        (FITTED, ["--of", "x"], "--of x: one number is reported, and it is (3)."),
        (FITTED, ["--output", "/nowhere/x"], "/nowhere/x: cannot be written"),
        (FITTED + "E = w^2\nc = 1\nc := c - dE/dw\n", [], "derivatives of L and E; say which"),
        ("w := w - 1\n", [], "'w' is not defined"),
    ],
)
def test_what_cannot_be_done_is_said(text: str, arguments: list[str], message: str) -> None:
    assert message in complaint("train", "-", *arguments, text=text.encode())


@pytest.mark.parametrize(
    ("start", "steps", "message"),
    [
        ("[[1, 0], [0, 1]]", 2, "After 2 steps: the matrix is singular"),
        ("[[0, 0], [0, 1]]", 0, "After 0 steps: the matrix is singular"),
    ],
)
def test_what_has_no_value_stops_it_and_shows_how_far_it_came(
    start: str, steps: int, message: str
) -> None:
    done = trained(f"A = {start}\nL = sum(inv(A))\nA := A - [[1/2, 0], [0, 0]]\n")
    assert (done.returncode, done.stderr.startswith(message)) == (2, True)
    assert done.stderr.endswith("may help.\n" if steps else "A + eps*I may do.\n")
    assert f"  after {steps} steps  nan\n" in done.stdout
    assert "after   [0 0; 0 1]" in done.stdout


def test_without_a_compiler_a_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "llvmlite.py").write_text("raise ImportError('it is not installed')\n")
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    done = run("train", BATCH, environment={"PYTHONPATH": paths, "CHAINRULE_CACHE": ""})
    assert done.returncode == 0
    assert re.fullmatch(r"Native code needs llvmlite: it is not .*\n", done.stderr)
    assert done.stdout.startswith("L\n  after     0 steps  15.6286\n")


def test_a_python_function_is_trained_elsewhere() -> None:
    message = "a Python function is trained by cr.training_loop"
    assert message in complaint("train", "examples/network.py:loss")


def test_there_is_help_with_examples() -> None:
    found = printed("train", "--help")
    assert "chainrule train examples/002-A.chain" in found
    assert "130" in found


# The curve by itself.


def dots(lines: list[str]) -> int:
    return sum(bin(ord(one) - 0x2800).count("1") for line in lines for one in line if one > "⠀")


@pytest.mark.parametrize("width", [20, 33, 80, 200])
@pytest.mark.parametrize("count", [2, 3, 50, 1000, 100_000])
def test_a_curve_fills_its_width_and_no_more(width: int, count: int) -> None:
    lines = plot_lines(np.sin(np.linspace(0, 9, count)), width)
    assert max(map(len, lines)) == width
    assert len(lines) == 9


def test_a_curve_falls_from_the_upper_left_to_the_lower_right() -> None:
    assert plot_lines([4.0, 3.0, 2.0, 1.0, 0.0], width=18, rows=2) == [
        "4 ┤⠉⠓⠒⠦⠤⣄⣀⡀",
        "0 ┤       ⠉⠉⠙⠒⠲⠤⢤⣀",
        "   0             4",
    ]


def test_a_single_peak_among_many_values_is_seen() -> None:
    flat = np.zeros(100_000)
    flat[54_321] = 1.0
    assert dots(plot_lines(flat, 60)) > dots(plot_lines(np.zeros(100_000), 60)) + 20


def test_values_of_very_different_sizes_are_drawn_by_their_logarithms() -> None:
    falling = 0.5 ** np.arange(40)
    assert "(logarithmic)" in plot_lines(falling, 60)[-1]
    assert "(logarithmic)" not in plot_lines(falling[:6], 60)[-1]
    assert "(logarithmic)" not in plot_lines(falling - 1e-3, 60)[-1]
    straight = plot_lines(np.arange(40.0), 60)
    assert [line[::-1].strip() for line in plot_lines(falling, 60)[1:7]] != straight[1:7]


@pytest.mark.parametrize("values", [[], [1.0], [np.nan, np.inf], [np.nan, 1.0]])
def test_less_than_two_numbers_are_no_curve(values: list[float]) -> None:
    assert plot_lines(values, 60) == []


def test_what_is_not_finite_leaves_a_gap() -> None:
    whole, part = [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, np.inf, np.nan]
    assert 0 < dots(plot_lines(part, 60)) < dots(plot_lines(whole, 60))
