"""A whole class: the same problem, marked for one student after the other in some processes.

Every process prepares the problem once.  Students are handed out in batches and written in the
order of the answers, so that the report is the same however many processes there are.
"""

from __future__ import annotations

import gc
import hashlib
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from chainrule import __version__
from chainrule.errors import DataProblem
from chainrule.graph.record import Record
from chainrule.graph.source import Source
from chainrule.marking.classes.answers import Answers, Student
from chainrule.marking.classes.output import Output
from chainrule.marking.classes.rows import HEADER, csv_rows, json_line, marked
from chainrule.marking.judged import measured, no_radii
from chainrule.marking.marker import Marker

__all__ = ["WITHOUT_MISTAKE", "Task", "mark_class", "output_of", "processes"]

BATCH = 16  # students that are marked, and written, together
MOST_PROCESSES = 8  # by default
WITHOUT_MISTAKE = "students-without-mistake"


class Task(Record):
    """What is to be done with each student."""

    problem: Source
    language: str = "en"
    is_json: bool = False


class Block(Record):
    """Rows of the report, of so many students; how many claims have which verdict."""

    text: str
    students: int
    counts: Mapping[str, int]


def output_of(path: str, task: Task, answers: Answers) -> Output:
    """The report file, new or as it was left.

    Raises:
        DataProblem: it cannot be written, or holds something else.
    """
    parts = (__version__, task.problem.text, task.language, str(task.is_json), answers.digest)
    fingerprint = hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16)
    return Output(path, fingerprint.hexdigest(), "" if task.is_json else HEADER)


def processes() -> int:
    """How many processes there are by default: one for each core that may be used."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_PROCESSES)
    return min(os.cpu_count() or 1, MOST_PROCESSES)


def mark_class(
    task: Task,
    answers: Answers,
    output: Output,
    jobs: int,
    advance: Callable[[int], None] = lambda students: None,
) -> None:
    """Mark all students that are not in the report yet; `advance` hears of those just written.

    Raises:
        ChainruleError: the problem's text cannot be used.
    """
    batches = _batches(answers.students(output.students))
    left = len(answers) - output.students
    if not output.size:
        output.append("", 0, {})  # the header, even if there is no student
    is_worth_it = jobs > 1 and left > 2 * BATCH  # starting a process takes as long as a batch
    blocks = _in_processes(task, batches, jobs) if is_worth_it else _here(task, batches)
    for block in blocks:
        output.append(block.text, block.students, block.counts)
        advance(block.students)


def _batches(students: Iterator[Student]) -> Iterator[list[Student]]:
    while batch := list(islice(students, BATCH)):
        yield batch


def _here(task: Task, batches: Iterable[list[Student]]) -> Iterator[Block]:
    marker = _marker(task)
    return (_block(marker, task, batch) for batch in batches)


def _marker(task: Task) -> Marker:
    """Rows of CSV have no radii, and leaving them out saves a third of the time."""
    return Marker(task.problem, measured if task.is_json else no_radii)


def _block(marker: Marker, task: Task, students: list[Student]) -> Block:
    texts = []
    counts: Counter[str] = Counter()
    for student in students:
        found = marked(marker, student, task.language)
        texts.append((json_line if task.is_json else csv_rows)(found, task.language))
        verdicts = [claim.verdict for claim in found.report.claims]
        counts.update(verdicts)
        counts[WITHOUT_MISTAKE] += "wrong" not in verdicts
    return Block("".join(texts), len(students), dict(counts))


# --- in several processes -----------------------------------------------------------------------

_prepared: list[tuple[Marker, Task]] = []  # in a worker process: what it marks with


def _in_processes(task: Task, batches: Iterator[list[Student]], jobs: int) -> Iterator[Block]:
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    _marker(task)  # says here, and once, what is wrong with the problem
    # spawned, not forked: NumPy's threads do not survive a fork
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _prepare, (task,))
    waiting: deque[Future[Block]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(_mark, batch))
            if len(waiting) > 3 * jobs:  # few are under way, so that memory stays flat
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise DataProblem(
            "A process that marked answers was ended from outside (too little memory?). "
            "The same command goes on where it was; --jobs 1 needs the least memory"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _prepare(task: Task) -> None:
    """Set a worker process up: it ends with its parent, which alone hears Ctrl-C."""
    from multiprocessing import parent_process

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), daemon=True).start()
    _prepared.append((_marker(task), task))
    gc.freeze()  # the problem stays: no use in looking through it again and again


def _end_with(wait: Callable[[], None]) -> None:
    wait()
    os._exit(1)


def _mark(students: list[Student]) -> Block:
    marker, task = _prepared[0]
    return _block(marker, task, students)
