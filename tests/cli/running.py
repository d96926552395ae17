"""The command as a real process, on pipes or on a terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cli.forked import ended

ROOT = Path(__file__).parents[2]
LECTURE = "examples/000-C.chain"
BATCH = "examples/002-A.chain"
MODULE = [sys.executable, "-m", "chainrule.cli.main"]
SCRIPT = Path(sys.executable).with_name("chainrule")
COMMANDS = [MODULE, *([[str(SCRIPT)]] if SCRIPT.exists() else [])]  # the second once installed
PLAIN = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}


@contextmanager
def interruptible() -> Iterator[None]:
    """A process started here can be interrupted, even where the tests themselves ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run(
    *arguments: str,
    text: bytes = b"",
    command: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """A command in the project's folder; `text` is its standard input.

    Started afresh where it is said how, or with which variables; otherwise forked.
    """
    if not command and environment is None:
        found = ended(arguments, text)
        return subprocess.CompletedProcess(arguments, found.code, found.output, found.errors)
    done = subprocess.run(
        [*(command or MODULE), *arguments],
        input=text,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        timeout=60,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    )


def printed(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What a command prints that succeeds and has nothing to complain about."""
    done = run(*arguments, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def explained(text: str, *arguments: str) -> str:
    """What explain prints of a text that is in order."""
    done = run("explain", "-", *arguments, text=text.encode())
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def titles(found: str) -> list[str]:
    """What is explained, in order: the headings that are derivatives, below the title."""
    _, _, below = found.partition("\n\n")
    return re.findall(r"^([(∂d]\S.*/[∂d].*)$", below, re.MULTILINE)


def answers(found: str) -> list[str]:
    """The answers to what is more than one derivative, each on a line."""
    _, _, below = found.partition("\nAnswers\n")
    lines = [line.strip() for line in below.splitlines() if line.startswith("  ")]
    return [line for line in lines if " = " in line or " ≈ " in line]


def complaint(*arguments: str, text: bytes = b"") -> str:
    """What a command says that fails: on standard error alone, without a traceback."""
    done = run(*arguments, text=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("\n")
    return done.stderr


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a command shows on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*MODULE, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**PLAIN, "COLUMNS": "40", **environment},
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # the other end has gone
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return shown.decode("utf-8").replace("\r\n", "\n")
