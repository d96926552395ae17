"""The command in processes that are forked from one which has imported it.

Such a process begins, ends and is measured as any other, but need not load Python, NumPy and the
library first, which is most of the work of a short command.  `ended` is for tests;
`python -m tests.cli.forked` is what is forked.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from chainrule.cli.main import HOMES, main

ROOT = Path(__file__).parents[2]
LONGEST = 120  # seconds; half of them of the processor
MEGABYTE = 1 << (20 if sys.platform == "darwin" else 10)  # in the system's unit of memory


class Ended(NamedTuple):
    """How a command ended, and what it took, in seconds of the processor."""

    code: int
    output: str
    errors: str
    seconds: float
    megabytes: float


def ended(arguments: Sequence[str], text: bytes = b"") -> Ended:
    """A command in the project's folder; `text` is its standard input."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").write_bytes(text)
        request = {"folder": name, "arguments": arguments, "environment": dict(os.environ)}
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code, seconds, megabytes = json.loads(server.stdout.readline())
        output, errors = ((folder / each).read_bytes().decode() for each in ("out", "err"))
    return Ended(code, output, errors, seconds, megabytes)


@cache
def _server() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.cli.forked"]
    server = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,  # Ctrl-C is for the tests
    )
    atexit.register(server.communicate)  # the end of its input is its end
    return server


# The server.  What it forks leaves `serve` with the command's arguments.


def serve() -> Sequence[str] | None:
    """Forks, one request a line; the arguments in what was forked, None at the end."""
    for room in HOMES.values():
        import_module(f"chainrule.cli.{room}")
    gc.freeze()
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in requests:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _begin(Path(request["folder"]), request["environment"])
            return list(request["arguments"])
        _, status, usage = os.wait4(child, 0)
        seconds = usage.ru_utime + usage.ru_stime
        answer = (os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss / MEGABYTE)
        print(json.dumps(answer), file=answers, flush=True)
    return None


def _begin(folder: Path, environment: dict[str, str]) -> None:
    for stream, name, how in (
        (0, "in", os.O_RDONLY),
        (1, "out", os.O_WRONLY | os.O_CREAT),
        (2, "err", os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(folder / name, how), stream)
    os.environ.clear()
    os.environ.update(environment)
    signal.alarm(LONGEST)
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST // 2, LONGEST // 2))


if __name__ == "__main__" and (given := serve()) is not None:
    sys.exit(main(given))
