"""Where threads meet: nobody goes on before all have come."""

from __future__ import annotations

from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Module, Value, literal

__all__ = ["write_meeting"]

PATIENCE = 4_000  # turns of waiting, some ten microseconds, before the processor is given away


def write_meeting(module: Module, processor: Processor) -> None:
    """`void meet(ptr barrier)`: each thread counts itself there, and waits for the last.

    The barrier is three words: the count, how many threads there are, and the address of a
    function that gives the processor away, which is called when the others are long in coming:
    they may be waiting for this very processor.
    """
    function = module.function("meet", [("ptr", "barrier")])
    barrier = function.parameters[0]
    threads = function.load("i64", barrier, literal(1, "i64"))
    give_away = function.load("ptr", barrier, literal(2, "i64"))
    names = ("come", "wait", "again", "tired", "gone")
    come, wait, again, tired, gone = (function.label(one) for one in names)
    alone = function.compare("eq", threads, literal(1, "i64"))
    function.do(f"br i1 {alone.text}, label %{gone}, label %{come}")
    function.start(come)
    here = function.new("i64", f"atomicrmw add ptr {barrier.text}, i64 1 seq_cst")
    round_ = function.new("i64", f"udiv i64 {here.text}, {threads.text}")
    goal = function.mul(function.add(round_, literal(1, "i64")), threads)
    function.do(f"br label %{wait}")
    function.start(wait)
    turns = function.new("i64", f"phi i64 [0, %{come}], [%turn, %{again}], [0, %{tired}]")
    now = function.new("i64", f"load atomic i64, ptr {barrier.text} seq_cst, align 8")
    there = function.compare("uge", now, goal)
    function.do(f"br i1 {there.text}, label %{gone}, label %{again}")
    function.start(again)
    if processor.kind != "generic":
        module.declare("llvm.x86.sse2.pause", "void", [])
        function.do("call void @llvm.x86.sse2.pause()")
    function.do(f"%turn = add i64 {turns.text}, 1")
    is_tired = function.compare("ugt", Value("%turn", "i64"), literal(PATIENCE, "i64"))
    function.do(f"br i1 {is_tired.text}, label %{tired}, label %{wait}")
    function.start(tired)
    function.do(f"call void {give_away.text}()")
    function.do(f"br label %{wait}")
    function.start(gone)
    function.finish()
