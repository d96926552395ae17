"""Hours of use in a minute: memory stays where it is, and no thread gets another's numbers.

`CHAINRULE_SOAK_SECONDS=600 make soak ARGS="-k memory_stays"` goes on for ten minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.run.native.sample import ROOT

SECONDS = os.environ.get("CHAINRULE_SOAK_SECONDS", "60")


@pytest.mark.soak
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read as Linux has it")
@pytest.mark.parametrize("cache", ["shared", "none"])
def test_memory_stays_as_it_is(cache: str) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    if cache == "none":
        environment["CHAINRULE_CACHE"] = ""
    done = subprocess.run(
        [sys.executable, "-m", "tests.run.native.soaking", SECONDS],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) > 10
    warm, last = rows[len(rows) // 3 : len(rows) // 2], rows[-len(rows) // 6 :]
    for what, allowed in (("resident", 1.08), ("areas", 1.08)):
        before, after = (max(row[what] for row in some) for some in (warm, last))
        assert after <= allowed * before, f"{what}: {before} to {after}"
