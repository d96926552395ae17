"""Streams, terminals, locales, interrupts, and what is loaded."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.running import (
    BATCH,
    LECTURE,
    MODULE,
    ROOT,
    interruptible,
    on_a_terminal,
    printed,
    run,
)

# Streams.


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.chain"
    os.mkfifo(pipe)
    with interruptible():
        process = subprocess.Popen(
            [*MODULE, "solve", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        )
    with pipe.open("wb"):  # waits until the command has opened the file, which waits for us
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out, said) == (130, b"", b"interrupted\n")


@pytest.mark.parametrize(
    "arguments",
    [["solve", BATCH], ["solve", BATCH, "--json"], ["explain", BATCH], ["explain", "--help"]],
)
@pytest.mark.parametrize("reader", ["head -n 1", "true"])
def test_a_reader_that_goes_away_is_no_mistake(arguments: list[str], reader: str) -> None:
    command = shlex.join([*MODULE, *arguments])
    script = f"set -o pipefail; {command} | {reader} > {os.devnull}"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, timeout=60)
    assert done.stderr == b""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        ("<&-", 2, "-: standard input is closed.\n"),
        (f"< {LECTURE} >&-", 0, ""),
        (
            f"< {LECTURE} > /dev/full",
            2,
            "The output cannot be written: No space left on device.\n",
        ),
    ],
)
def test_streams_that_are_closed_or_full(streams: str, code: int, said: str) -> None:
    for form in ("", "--json"):
        script = f"{shlex.join(MODULE)} solve - {form} {streams}"
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, timeout=60)
        assert (done.returncode, done.stderr.decode()) == (code, said)


# Terminals and locales.


@pytest.mark.parametrize("arguments", [["solve", BATCH], ["explain", LECTURE, "--wrt", "W0"]])
def test_a_terminal_shows_the_same_text_in_bold_headings(arguments: list[str]) -> None:
    shown = on_a_terminal(*arguments, TERM="xterm-256color", COLUMNS="96")
    assert "\x1b[1m" in shown
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == printed(*arguments)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["solve", BATCH], {"TERM": "xterm-256color", "NO_COLOR": "1"}),
        (["explain", LECTURE, "--wrt", "W0"], {"TERM": "xterm-256color", "NO_COLOR": "1"}),
        (["solve", BATCH], {"TERM": "dumb"}),
        (["solve", BATCH, "--json"], {"TERM": "xterm-256color"}),
    ],
)
def test_nothing_is_styled_where_that_is_not_wanted(
    arguments: list[str], environment: dict[str, str]
) -> None:
    assert on_a_terminal(*arguments, COLUMNS="96", **environment) == printed(*arguments)


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
    ],
    ids=str,
)
def test_formulas_are_utf_8_whatever_the_locale(environment: dict[str, str]) -> None:
    for arguments in (
        ["explain", LECTURE, "--wrt", "W0"],
        ["solve", BATCH],
        ["solve", BATCH, "--json"],
    ):
        assert printed(*arguments, environment=environment) == printed(*arguments)
    done = run("solve", "-", text="ŷ = σ(x)".encode(), environment=environment)
    assert done.stderr.splitlines()[1] == "    ŷ = σ(x)"


# What is loaded.


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (["solve", LECTURE], set()),
        (["explain", LECTURE], set()),
        (["solve", LECTURE, "--json"], {"json"}),
    ],
)
def test_only_what_is_needed_is_loaded(arguments: list[str], loaded: set[str]) -> None:
    script = (
        "import sys; from chainrule.cli.main import main; "
        f"main({arguments!r}); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = {name.partition(".")[0] for name in done.stderr.split()}
    assert "numpy" in modules
    assert modules & {"rich", "json", "hypothesis", "pytest"} == loaded


def test_rich_is_loaded_for_a_terminal_alone() -> None:
    shown = on_a_terminal("solve", LECTURE, TERM="xterm", PYTHONVERBOSE="1")
    assert "import 'rich.console'" in shown
