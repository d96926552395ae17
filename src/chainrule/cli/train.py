"""`chainrule train`: a file's `:=` updates, again and again."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

import numpy as np

from chainrule.cli.commands import json_text
from chainrule.cli.files import read_source, write_text
from chainrule.cli.plot import plot_lines
from chainrule.cli.screen import show_lines
from chainrule.errors import DataProblem, DomainProblem
from chainrule.explain.plain_solution import matrix_text
from chainrule.explain.topics import node_named
from chainrule.notation.numbers import significant
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.train.updates import MOST_STEPS, PaperStep, Trained, repeated, step_of

__all__ = ["run_train"]

SHOWN = 10  # losses that are printed, if nobody says how many
WIDTH = 80  # where there is no terminal
INTERRUPTED = 130


def run_train(options: Namespace) -> int:
    """`chainrule train FILE`; 130 if stopped, 2 if a value became infinite or nan."""
    _check(options)
    gc.enable()  # this command is not short
    program = parse(read_source(options.file))
    paper = elaborate(program)
    of = None if options.of is None else node_named(paper, options.of)
    step = step_of(paper, program, of)
    with (
        _plain_warnings(),
        _interruptible() as interrupted,
        _progress(options.steps, step.name) as report,
    ):

        def go_on(done: int, loss: float | None) -> bool:
            report(done, loss)
            return not interrupted()

        found = repeated(step, options.steps, go_on)
    _hand_out(step, found, options)
    sys.stdout.flush()
    if found.problem:
        advice = " A smaller factor before the derivatives may help" if found.steps else ""
        raise DomainProblem(f"{found.problem}{advice}")
    if found.steps < options.steps:
        print(f"interrupted after {found.steps:,} of {options.steps:,} steps", file=sys.stderr)
        return INTERRUPTED
    return 0


def _check(options: Namespace) -> None:
    """Raises `DataProblem` for a number that is out of its range."""
    if not 1 <= options.steps <= MOST_STEPS:
        raise DataProblem(f"--steps takes a number from 1 to {MOST_STEPS:,}, not {options.steps}.")
    if not 1 <= options.digits <= 17:
        raise DataProblem(f"--digits takes a number from 1 to 17, not {options.digits}.")
    if ".py:" in options.file and not os.path.exists(options.file):
        raise DataProblem(
            f"{options.file}: a file in the paper language is trained here; a Python function is "
            "trained by cr.training_loop (docs/training.md)."
        )
    if options.every is not None and options.every < 1:
        raise DataProblem(f"--every takes a number from 1 on, not {options.every}.")


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Within the block Ctrl-C only leaves word, once; the part that is running is finished.

    Where it is ignored, as by what runs in the background, it still is.
    """
    before = signal.getsignal(signal.SIGINT)
    if before in (signal.SIG_IGN, None):
        yield lambda: False
        return
    came: list[int] = []

    def keep(number: int, _: FrameType | None) -> None:
        came.append(number)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, keep)
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Within the block a warning is a line for whoever runs the command, without our own code."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        print(message, file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


@contextmanager
def _progress(steps: int, name: str) -> Iterator[Callable[[int, float | None], None]]:
    """A bar with the loss, if somebody is looking."""
    if not sys.stderr.isatty():
        yield lambda done, loss: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=steps)

        def report(done: int, loss: float | None) -> None:
            text = "" if loss is None else f"{name} = {significant(loss)}"
            bar.update(task, completed=done, description=text)

        yield report


def _hand_out(step: PaperStep, found: Trained, options: Namespace) -> None:
    every = options.every or max(found.steps // SHOWN, 1)
    is_seen = options.output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_seen else WIDTH
    lines = _lines(step, found, every, options.digits, width)
    if options.json:
        text = json_text(_json(step, found, every))
    elif is_seen:
        show_lines(lines)
        return
    else:
        text = "".join(f"{line}\n" for line in lines)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_text(options.output, text)


def _shown(found: Trained, every: int) -> list[int]:
    """The numbers of steps after which the loss is shown: regularly, and the last."""
    return [*range(0, found.steps, every), found.steps] if found.losses.size else []


def _lines(step: PaperStep, found: Trained, every: int, digits: int, width: int) -> Iterator[str]:
    """What is printed: the loss as numbers and as a curve, the parameters."""
    shown = _shown(found, every)
    if shown:
        yield step.name
        column = len(f"{found.steps:,}")
        for at in shown:
            value = significant(float(found.losses[at]), digits)
            yield f"  after {at:>{column},} {'step ' if at == 1 else 'steps'}  {value}"
        plot = plot_lines(found.losses, max(width - 2, 20))
        yield from (f"  {line}" for line in plot)
    yield "Parameters"
    for name in step.names:
        yield f"  {name}"
        yield f"    before  {matrix_text(found.before[name], digits)}"
        yield f"    after   {matrix_text(found.after[name], digits)}"


def _json(step: PaperStep, found: Trained, every: int) -> dict[str, Any]:
    from chainrule.explain.schema import FORMAT, numbers

    shown = _shown(found, every)
    losses = {"steps": shown, "values": numbers(found.losses[np.array(shown, int)])}
    return {
        "format": FORMAT,
        "steps": found.steps,
        "loss": {"name": step.name, **losses} if shown else None,
        "parameters": {
            name: {
                "shape": list(found.after[name].shape),
                "before": numbers(found.before[name]),
                "after": numbers(found.after[name]),
            }
            for name in step.names
        },
        "notes": [found.problem] if found.problem else [],
    }
