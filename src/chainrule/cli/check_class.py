"""`chainrule check PROBLEM --class ANSWERS --output REPORT`."""

from __future__ import annotations

import gc
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from chainrule.cli.files import read_source
from chainrule.errors import DataProblem
from chainrule.marking.classes.answers import Answers
from chainrule.marking.classes.marking import (
    WITHOUT_MISTAKE,
    Task,
    mark_class,
    output_of,
    processes,
)
from chainrule.marking.classes.output import Output
from chainrule.marking.report import VERDICTS
from chainrule.marking.reports.wording import MARKS, word

__all__ = ["run_class"]


def run_class(options: Namespace) -> int:
    """0 when the whole class is marked, whatever the verdicts are."""
    if options.output is None:
        raise DataProblem("A class needs a file for its report: --output REPORT.csv.")
    if options.solution is not None or options.json or options.to != "text" or options.reveal:
        raise DataProblem(
            "--class takes --output, --json-lines, --lang and --jobs, and no SOLUTION."
        )
    jobs = processes() if options.jobs is None else options.jobs
    if not 1 <= jobs <= 64:
        raise DataProblem(f"--jobs takes a number from 1 to 64, not {jobs}.")
    gc.enable()  # this command is not short
    task = Task(read_source(options.file), options.lang, options.json_lines)
    with closing(Answers(options.answers)) as answers:
        output = output_of(options.output, task, answers)
        with closing(output):
            _mark(task, answers, output, jobs)
            _sum_up(output, options.lang)
    return 0


def _mark(task: Task, answers: Answers, output: Output, jobs: int) -> None:
    if output.students:
        print(
            f"{output.path}: {output.students:,} of {len(answers):,} students were done already.",
            file=sys.stderr,
        )
    try:
        with _progress(len(answers), output.students) as advance:
            mark_class(task, answers, output, jobs, advance)
    except KeyboardInterrupt:
        print(
            f"{output.path}: {output.students:,} of {len(answers):,} students are done; "
            "the same command goes on from there.",
            file=sys.stderr,
        )
        raise


@contextmanager
def _progress(total: int, done: int) -> Iterator[Callable[[int], None]]:
    """A bar, if somebody is looking."""
    if not sys.stderr.isatty():
        yield lambda students: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total, completed=done)
        yield lambda students: bar.advance(task, students)


def _sum_up(output: Output, language: str) -> None:
    counts = output.counts
    verdicts = ", ".join(
        f"{MARKS[one]} {word(one, language)} {counts[one]:,}" for one in VERDICTS if counts[one]
    )
    claims = sum(counts[one] for one in VERDICTS)
    right = counts[WITHOUT_MISTAKE]
    print(word("students", language, students=f"{output.students:,}", right=f"{right:,}"))
    if claims:
        print(word("summary", language, claims=f"{claims:,}", verdicts=verdicts))
