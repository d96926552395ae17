"""Kernels as machine code: each emitter writes one function for one kernel.

A function has the signature `void name(ptr errors, ptr buffers, i64 low, i64 high)`: the flag for
places out of range, the addresses of the kernel's buffers by number, and which of its `units` of
work are to be done: threads take parts of them.  An emitter returns how many units there are;
whatever the split, every number comes out the same.
"""
