"""The native compiler: a graph as one function of machine code, through LLVM.

`lower.py` makes tensors (`tensors.py`) of a graph, `grouping.py` kernels (`kernels.py`) of them,
and `program.py` an order and a place in memory; `emit/` writes each kernel as LLVM's text in
explicit vectors, and `driver.py` what calls them.  `processor.py` knows processors, `cache.py`
keeps what was compiled, `loader.py` brings it into memory.
"""
