"""Which processor code is made for: found, or asked for."""

from __future__ import annotations

import sys

import pytest
from tests.run.native.sample import kinds, run_python, squares_and_sum

from chainrule.errors import DataProblem
from chainrule.run.native.machine import assembly_of
from chainrule.run.native.processor import (
    AVX2,
    AVX512,
    BASELINE,
    GENERIC,
    KINDS,
    V3,
    V4,
    Processor,
    choose,
    detect,
    widest,
)

SHOW = "from chainrule.run.native.processor import detect; print(detect().kind)"


@pytest.mark.parametrize(
    ("features", "kind"),
    [
        (V4, AVX512),
        (V4 | {"avx512_bf16"}, AVX512),
        *((V4 - {one}, AVX2) for one in sorted(V4 - V3)),
        (V3, AVX2),
        *((V4 - {one}, BASELINE) for one in sorted(V3)),
        (frozenset(), BASELINE),
    ],
)
def test_the_widest_kind_has_all_its_features(features: frozenset[str], kind: Processor) -> None:
    assert widest(features) == kind


@pytest.mark.parametrize("found", KINDS.values(), ids=list(KINDS))
@pytest.mark.parametrize("asked", KINDS)
def test_a_machine_has_the_kinds_that_follow_its_own(asked: str, found: Processor) -> None:
    order = [AVX512, AVX2, BASELINE, GENERIC]
    if order.index(KINDS[asked]) >= order.index(found):
        assert choose(asked, found) == KINDS[asked]
    else:
        with pytest.raises(DataProblem, match=f"{asked}.*of the kind {found.kind}"):
            choose(asked, found)


def test_nothing_asked_for_is_what_was_found() -> None:
    assert choose("", AVX2) == AVX2


@pytest.mark.parametrize("kind", kinds(), ids=lambda one: one.kind)
def test_the_variable_chooses_a_kind(kind: Processor) -> None:
    done = run_python(SHOW, CHAINRULE_PROCESSOR=kind.kind)
    assert done.stdout == f"{kind.kind}\n", done.stderr


def test_an_unknown_kind_is_an_error_that_lists_them() -> None:
    done = run_python(SHOW, CHAINRULE_PROCESSOR="pentium")
    assert "'pentium'; expected one of avx512, avx2, baseline, generic" in done.stderr


def test_finding_needs_no_compiler() -> None:
    done = run_python(f"{SHOW}; import sys; print('llvmlite' in sys.modules)")
    assert done.stdout.split() == [detect().kind, "False"], done.stderr


@pytest.mark.skipif(detect() == GENERIC, reason="not of the x86-64 family")
def test_llvm_finds_the_same() -> None:
    llvm = pytest.importorskip("llvmlite.binding")
    has = {name for name, is_there in llvm.get_host_cpu_features().items() if is_there}
    is_wide = {"avx2", "fma", "bmi2"} <= has
    is_widest = is_wide and {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= has
    expected = AVX512 if is_widest else AVX2 if is_wide else BASELINE
    assert run_python(SHOW, CHAINRULE_PROCESSOR="").stdout == f"{expected.kind}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="other registers' names")
@pytest.mark.parametrize(
    ("processor", "register", "wider"),
    [(AVX512, "%zmm", "%nothing"), (AVX2, "%ymm", "%zmm"), (BASELINE, "%xmm", "%ymm")],
    ids=lambda one: getattr(one, "kind", None),
)
def test_code_uses_the_widest_registers(processor: Processor, register: str, wider: str) -> None:
    if processor not in kinds():
        pytest.skip(f"not a machine of the kind {processor.kind}")
    shown = assembly_of(squares_and_sum(processor), processor)
    assert register in shown
    assert wider not in shown
