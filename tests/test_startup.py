"""What a fresh process loads: a first gradient takes hardly longer than NumPy's own start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOSS = "lambda W, x: np.sum(np.maximum(x @ W, 0) ** 2)"
CALLED = "(np.ones((2, 3)), np.ones(2))"
GRADIENT = f"cr.grad({LOSS}){CALLED}"
COMPILED = f"cr.compile(cr.grad({LOSS})){CALLED}"
SLOW = {"argparse", "difflib", "hashlib", "numpy.random", "pkgutil", "random"}
PARTS = {"chainrule.differentiate.batched", "chainrule.trace.linear_algebra", "chainrule.paper"}
COMPILER = {"llvmlite", "chainrule.run.native.driver", "chainrule.run.native.emit"}


def output(program: str, cache: Path) -> str:
    environment = {**os.environ, "CHAINRULE_CACHE": str(cache)}
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment
    ).stdout


def loaded(line: str, cache: Path) -> set[str]:
    """The modules that are loaded by a line, beyond those that NumPy has loaded."""
    program = f"""
import sys
import numpy as np
before = set(sys.modules)
import chainrule as cr
{line}
print(*sys.modules.keys() - before)
"""
    return set(output(program, cache).split())


def test_a_first_gradient_loads_little(tmp_path: Path) -> None:
    assert not loaded(GRADIENT, tmp_path) & (SLOW | PARTS | COMPILER | {"chainrule.run.native"})


def test_the_compiler_is_loaded_only_where_the_cache_lacks_the_code(tmp_path: Path) -> None:
    pytest.importorskip("llvmlite")
    assert "llvmlite" in loaded(COMPILED, tmp_path)
    assert not loaded(COMPILED, tmp_path) & (SLOW - {"hashlib"} | PARTS | COMPILER)


DRAWN = [
    ("np.random.normal()", True),
    ("__import__('random').random()", True),
    ("isinstance(x, np.random.Generator)", False),
    ("np.random.default_rng(3).normal()", False),
]


def test_generators_that_the_function_itself_loads_are_watched(tmp_path: Path) -> None:
    program = """
import numpy as np
import chainrule as cr
try:
    cr.grad(lambda x: x * ({}))(1.0)
except cr.errors.DataProblem as problem:
    print(problem)
"""
    for drawn, is_refused in DRAWN:
        assert ("draws random" in output(program.format(drawn), tmp_path)) == is_refused, drawn
