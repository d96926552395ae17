"""Several threads at one piece of work: interrupted, refused, and used by many at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from tests.run.native.interrupting import new_loop
from tests.run.native.sample import ROOT

from chainrule.run.loop import run_loop
from chainrule.run.native.steps import _cores
from chainrule.run.native.together import together

LINUX = pytest.mark.skipif(
    not os.path.exists("/proc/self/task"), reason="threads as Linux has them"
)


def printed(threads: int, *arguments: str) -> Any:
    """What a process of its own prints, as data."""
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "CHAINRULE_THREADS": str(threads),
        },
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_every_part_is_done_once(threads: int) -> None:
    done: list[int] = []
    assert together(done.append, threads)
    assert sorted(done) == list(range(threads))


def test_parts_run_at_the_same_time() -> None:
    """Each waits for all others."""
    barrier = Barrier(4)
    assert together(lambda number: barrier.wait(60), 4)
    assert not barrier.broken


def test_what_goes_wrong_is_said() -> None:
    with pytest.raises(ZeroDivisionError):
        together(lambda number: 1 // number, 1)


@LINUX
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_training_may_be_interrupted_at_any_time(threads: int) -> None:
    """It ends each time, with no half a step, and no thread that goes on or waits for ever."""
    found = printed(threads, "-m", "tests.run.native.interrupting", "60")
    assert found == {"interrupted": 60, "same": True, "left over": 0}


# As much memory as the stacks of so many threads take, and half a stack.
REFUSED = """
import json, resource, sys, threading
import numpy as np
from chainrule.run.native.steps import _cores
from chainrule.run.native.together import together
from tests.run.native.interrupting import new_loop

loop, x = new_loop(), np.random.default_rng(0).normal(size=(100, 40))
loop(x, steps=1)
STACK = 1 << 30
threading.stack_size(STACK)
now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
limit = now + int(sys.argv[1]) * STACK + STACK // 2
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
done = []
could = together(done.append, 4)
losses = loop(x, steps=5)
print(json.dumps([could, done, losses.tolist()]))
"""


@LINUX
@pytest.mark.parametrize("there", [0, 1, 2, 3])
def test_threads_that_the_machine_refuses(there: int) -> None:
    """Nothing is done by halves; a loop runs on one thread then, with the same numbers."""
    could, done, losses = printed(4, "-c", REFUSED, str(there))
    assert (could, done) == (False, [])
    loop = new_loop()
    wanted = loop(np.random.default_rng(0).normal(size=(100, 40)), steps=6)
    assert losses == wanted[1:].tolist()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores as Linux counts them")
@pytest.mark.parametrize(
    ("quota", "wanted"),
    [
        ("50000 100000", 1),
        ("199999 100000", 1),
        ("100000000 100000", None),
        ("max 100000", None),
        ("", None),
        ("two", None),
    ],
)
def test_cores_of_a_container(quota: str, wanted: int | None, tmp_path: Path) -> None:
    """Linux says how many microseconds the processes may use in so many; "max" is no limit."""
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert _cores(str(tmp_path / "cpu.max")) == (wanted or len(os.sched_getaffinity(0)))
    assert _cores(str(tmp_path / "none")) == len(os.sched_getaffinity(0))


# Many threads of Python.


def test_one_program_run_by_several_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_THREADS", "2")
    loop, x = new_loop(), np.random.default_rng(0).normal(size=(100, 40))
    loop(x, steps=1)
    order = np.arange(96).reshape(4, 24)
    starts = [start(shape) for start in (np.ones, np.zeros) for shape in ((40, 33), (33, 10))]
    wanted, _ = run_loop(loop.program, starts, [x], order)

    def work(_: int) -> bool:
        found = run_loop(loop.program, starts, [x], order)[0]
        return all(map(np.array_equal, found, wanted))

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(60)))


def test_one_training_loop_called_by_several_at_once() -> None:
    """One call follows the other: as many steps are done as if they had been made in turn."""
    loop, x = new_loop(), np.random.default_rng(0).normal(size=(100, 40))
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: loop(x, steps=30), range(8)))
    again = new_loop()
    losses = again(x, steps=240)
    assert loop.step == 240
    assert sorted(np.concatenate(parts).tolist()) == sorted(losses.tolist())
    assert all(map(np.array_equal, loop.params, again.params))
