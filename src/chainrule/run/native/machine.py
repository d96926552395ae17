"""LLVM's text to machine code: the only file that imports llvmlite, and only when it compiles.

No optimiser runs: the text is in explicit vectors already.  Where llvmlite is missing or cannot
compile here, `NativeUnavailable` says why, and callers run the graph in the interpreter.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from chainrule.errors import NativeWarning
from chainrule.graph.callers import warn_user
from chainrule.run.native.processor import Processor

__all__ = [
    "BadText",
    "NativeUnavailable",
    "assembly_of",
    "compile_object",
    "load_with_llvm",
    "say_unavailable",
]

CODEGEN_LEVEL = 1  # 0 makes code that is five times slower; 2 and 3 make the same, no faster


class NativeUnavailable(Exception):
    """Nothing can be compiled, or nothing that was compiled can run, on this machine."""


class BadText(Exception):
    """LLVM does not accept a text of ours: a mistake in the compiler, not in what is compiled."""


def compile_object(text: str, processor: Processor) -> bytes:
    """An object file (ELF on Linux) of LLVM's text.

    Raises:
        NativeUnavailable: llvmlite is missing, too old, or does not know this machine.
        BadText: the text is not LLVM's language; the message shows the line.
    """
    code: bytes = _target_machine(processor).emit_object(_parsed(text))
    return code


def assembly_of(text: str, processor: Processor) -> str:
    """What LLVM's text becomes, in the processor's own instructions: for people to read.

    Raises:
        NativeUnavailable, BadText: as for `compile_object`.
    """
    shown: str = _target_machine(processor).emit_assembly(_parsed(text))
    return shown


def load_with_llvm(code: bytes, processor: Processor) -> Any:
    """An object file in memory, through LLVM: an engine with `get_function_address(name)`.

    Raises:
        NativeUnavailable: llvmlite is missing or does not know this machine.
    """
    llvm = _llvm()
    machine = _new_target_machine(processor)  # the engine takes it over
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def say_unavailable(problem: NativeUnavailable) -> None:
    """Warn, once a process for each reason, that the interpreter runs instead."""
    _say(str(problem))


@cache
def _say(reason: str) -> None:
    warn_user(f"{reason} The NumPy interpreter runs instead, more slowly.", NativeWarning)


@cache
def _llvm() -> Any:
    """llvmlite's binding, ready to compile for this machine."""
    try:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    except (ImportError, OSError, RuntimeError) as problem:
        raise NativeUnavailable(f"Native code needs llvmlite: {problem}.") from None
    return llvm


def _parsed(text: str) -> Any:
    """LLVM's text as a module, found to be consistent."""
    llvm = _llvm()
    try:
        module = llvm.parse_assembly(text)
        module.verify()
    except RuntimeError as problem:
        raise BadText(str(problem)) from None  # it quotes the line
    return module


@cache
def _target_machine(processor: Processor) -> Any:
    """What LLVM compiles for, made once."""
    return _new_target_machine(processor)


def _new_target_machine(processor: Processor) -> Any:
    """What LLVM compiles for: code that may lie anywhere in memory."""
    llvm = _llvm()
    try:
        target = llvm.Target.from_triple(llvm.get_process_triple())
        return target.create_target_machine(
            cpu=processor.name,
            features=processor.features,
            opt=CODEGEN_LEVEL,
            reloc="pic",
            codemodel="small",
        )
    except RuntimeError as problem:
        raise NativeUnavailable(f"llvmlite does not know this machine: {problem}.") from None
