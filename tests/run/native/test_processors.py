"""Whole programs for lesser processors than this one, and where there is none to compile for.

Each kind of processor computes the interpreter's numbers, with registers that it has; real
processes are started where a variable or a missing module is to be seen from the start.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.run.native.comparing import assert_close
from tests.run.native.sample import ROOT
from tests.run.native.test_loops import (
    CARRYING,
    OPTIMIZERS,
    assert_same_run,
    convolving,
    drawn,
    network,
    normalizing,
    trained,
)
from tests.run.native.test_programs import PROGRAMS

import chainrule as cr
from chainrule.errors import DataProblem
from chainrule.graph.node import variable
from chainrule.run.native.function import NativeFunction
from chainrule.run.native.machine import assembly_of
from chainrule.run.native.processor import KINDS, detect
from chainrule.trace.trees import flatten

LESSER = list(KINDS)[list(KINDS).index(detect().kind) + 1 :]
on_each = pytest.mark.parametrize("kind", LESSER)
SHORT = [name for name in PROGRAMS if name != "a long chain"]  # the same again and again

# What a processor's code may not contain.
MISSING = {
    "avx2": r"%zmm|%[xy]mm(1[6-9]|[23]\d)",
    "baseline": r"%[yz]mm|\bv[a-z]+[ps][sd]\b|\broundp[sd]\b",
    "generic": r"%[yz]mm",
}


@on_each
@pytest.mark.parametrize("name", SHORT)
def test_programs(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_PROCESSOR", kind)
    check_program(name, "float32", kind)


@pytest.mark.soak
@on_each
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_in_double_precision(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAINRULE_PROCESSOR", kind)
    check_program(name, "float64", kind)


def check_program(name: str, dtype: str, kind: str) -> None:
    function, arrays = PROGRAMS[name]
    arguments = [one.astype(dtype) for one in arrays]
    derived = cr.value_and_grad(function, tuple(range(len(arguments))))
    compiled = cr.compile(derived)
    (found, _), (wanted, _) = flatten(compiled(*arguments)), flatten(derived(*arguments))
    for one, other in zip(found, wanted, strict=True):
        assert_close(one, other)
    program, _ = compiled.program(arguments, {})
    assert isinstance(program.plan, NativeFunction)
    processor = KINDS[kind]
    shown = assembly_of(program.plan.lowered.text(False, processor), processor)
    assert not re.search(MISSING[kind], shown)


@on_each
@pytest.mark.parametrize("shape", [(7, 3), (40, 33)], ids=str)
@pytest.mark.parametrize("make", CARRYING, ids=lambda one: one.__name__)
def test_loops(make: Any, shape: Any, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_PROCESSOR", kind)
    loop = make(variable(shape), variable(shape))
    assert_same_run(loop, [drawn(shape, 1), drawn(shape, 2)])


@cache
def trained_as_here(loss: Any, optimizer: str) -> list[np.ndarray]:
    return trained(loss, OPTIMIZERS[optimizer](), "float64")


@on_each
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", [network, normalizing, convolving], ids=lambda one: one.__name__)
def test_training(loss: Any, optimizer: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = trained_as_here(loss, optimizer)
    monkeypatch.setenv("CHAINRULE_PROCESSOR", kind)
    monkeypatch.setenv("CHAINRULE_THREADS", "2")
    found = trained(loss, OPTIMIZERS[optimizer](), "float64")
    for one, other in zip(found, wanted, strict=True):
        assert_close(one, other, 1e-10)


# Real processes.

TRAIN = """
import json, sys, warnings
warnings.simplefilter("always")
import numpy as np
import chainrule as cr
def loss(W, X, T):
    return np.mean((np.tanh(X @ W) - T) ** 2)
random = np.random.default_rng(0)
X, T = random.normal(size=(40, 30)), random.normal(size=(40, 20))
loop = cr.training_loop(loss, np.ones((30, 20)) / 30, cr.momentum(0.5), batch_size=8)
losses = loop(X, T, steps=12)
slope = cr.compile(cr.grad(loss))
slopes = [slope(loop.params, X, T) for _ in range(2)]
print(json.dumps({
    "losses": losses.tolist(),
    "slope": slopes[1].sum(),
    "llvmlite": "llvmlite" in sys.modules and sys.modules["llvmlite"] is not None,
}))
"""
WITHOUT_LLVMLITE = "import sys; sys.modules['llvmlite'] = None\n"


def result_of(text: str, **variables: str) -> tuple[dict[str, Any], str]:
    """What a process prints, and its warnings."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **variables}
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def trained_here() -> dict[str, Any]:
    return result_of(TRAIN)[0]


def assert_same_result(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    np.testing.assert_allclose(found["losses"], wanted["losses"], rtol=1e-12)
    np.testing.assert_allclose(found["slope"], wanted["slope"], rtol=1e-10)


@on_each
def test_a_process_of_each_kind(kind: str, trained_here: dict[str, Any]) -> None:
    found, said = result_of(TRAIN, CHAINRULE_PROCESSOR=kind)
    assert_same_result(found, trained_here)
    assert said == ""


def test_without_llvmlite_the_interpreter_runs_and_says_so_once(
    tmp_path: Path, trained_here: dict[str, Any]
) -> None:
    found, said = result_of(WITHOUT_LLVMLITE + TRAIN, CHAINRULE_CACHE=str(tmp_path))
    assert_same_result(found, trained_here)
    assert not found["llvmlite"]
    assert said.count("NativeWarning") == 1
    assert "The NumPy interpreter runs instead" in said


def test_what_was_compiled_once_needs_no_llvmlite(
    tmp_path: Path, trained_here: dict[str, Any]
) -> None:
    first, _ = result_of(TRAIN, CHAINRULE_CACHE=str(tmp_path))
    assert first["llvmlite"]
    again, said = result_of(WITHOUT_LLVMLITE + TRAIN, CHAINRULE_CACHE=str(tmp_path))
    assert (again["losses"], again["slope"], said) == (first["losses"], first["slope"], "")
    assert_same_result(again, trained_here)


@pytest.mark.parametrize("folder", ["/dev/null", "/proc/nowhere", ""])
def test_a_cache_that_cannot_be_written(folder: str, trained_here: dict[str, Any]) -> None:
    found, said = result_of(TRAIN, CHAINRULE_CACHE=folder)
    assert_same_result(found, trained_here)
    assert said == ""


@pytest.mark.parametrize("asked", ["avx1024", "AVX2", " "])
def test_a_processor_that_is_none(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_PROCESSOR", asked)
    compiled = cr.compile(lambda x: x + 1)
    with pytest.raises(DataProblem, match="expected one of avx512, avx2, baseline, generic"):
        compiled(np.ones(3))
