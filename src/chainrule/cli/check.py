"""`chainrule check`: one solution, or a whole class."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterable

from chainrule.cli.files import read_source, write_text
from chainrule.errors import DataProblem
from chainrule.graph.source import Source
from chainrule.marking.report import Report
from chainrule.marking.reports.wording import MARKS, require_language

__all__ = ["run_check"]

STYLES = {
    "exact": "green",
    "consistent": "green",
    "truncated": "green",
    "follow-through": "cyan",
    "undecided": "yellow",
    "wrong": "bold red",
    "unreadable": "yellow",
}


def run_check(options: Namespace) -> int:
    """`chainrule check PROBLEM SOLUTION`; 1 if something is wrong."""
    require_language(options.lang)
    if options.answers is not None:
        from chainrule.cli.check_class import run_class

        return run_class(options)
    if options.json_lines or options.jobs is not None:
        raise DataProblem("--json-lines and --jobs are for a whole class: --class ANSWERS.csv.")
    from chainrule.marking.marker import Marker

    problem, solution = _texts(options.file, options.solution)
    report = Marker(problem).check(solution.text, solution.path)
    if not report.claims:
        raise DataProblem(
            f"{solution.path}: nothing is claimed; write one claim a line, such as h = [4, 1]."
        )
    _hand_out(report, options)
    return 0 if report.first_wrong_line is None else 1


def _texts(problem: str, solution: str | None) -> tuple[Source, Source]:
    """The problem and the solution, in two files or in one Markdown file."""
    if solution is not None:
        if problem == solution == "-":
            raise DataProblem("Only one of the problem and the solution can be standard input.")
        return read_source(problem), read_source(solution)
    from chainrule.marking.reading.fenced import fenced

    both = read_source(problem)
    try:
        parts = fenced(both.text)
    except DataProblem as lacking:
        raise DataProblem(
            f"{both.path}: {lacking.message} Name the solution, or a Markdown file with both."
        ) from None
    return Source(parts[0], both.path), Source(parts[1], both.path)


def _hand_out(report: Report, options: Namespace) -> None:
    language, reveal = options.lang, options.reveal
    if options.json:
        import json

        from chainrule.marking.reports.schema import report_json

        found = report_json(report, language)
        text = json.dumps(found, ensure_ascii=False, allow_nan=False) + "\n"
    elif options.to == "html":
        from chainrule.marking.reports.page import report_html

        text = report_html(report, language, reveal)
    elif options.to == "md":
        from chainrule.marking.reports.markdown import report_markdown

        text = report_markdown(report, language, reveal)
    else:
        from chainrule.marking.reports.text import LINE_WIDTH, report_lines

        is_seen = options.output is None and sys.stdout.isatty()
        width = max(shutil.get_terminal_size().columns, 30) if is_seen else LINE_WIDTH
        lines = list(report_lines(report, language, reveal, width))
        if is_seen and "NO_COLOR" not in os.environ:
            _show_styled(lines)
            return
        text = "\n".join(lines) + "\n"
    if options.output is not None:
        _check_output(options)
        write_text(options.output, text)
    else:
        sys.stdout.write(text)


def _check_output(options: Namespace) -> None:
    """Nobody's solution is overwritten by its own report.

    Raises:
        DataProblem: the report would be written over what it is about.
    """
    read = [path for path in (options.file, options.solution) if path and os.path.exists(path)]
    for path in read if os.path.exists(options.output) else []:
        if os.path.samefile(path, options.output):
            raise DataProblem(f"{path} is read; write the report to another file.")


def _show_styled(lines: Iterable[str]) -> None:
    """The same text with its marks in colour."""
    from rich.console import Console
    from rich.text import Text

    styles = {MARKS[verdict]: style for verdict, style in STYLES.items()}
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        text = Text(line)
        if line[:2].rstrip() in styles:
            text.stylize(styles[line[0]], 0, 1)
        console.print(text)
