"""The derivative functions: plain NumPy functions in, their derivatives out.

`staging` traces a function once for each signature and runs the plan; `derivatives` says, in a
few lines each, what `grad`, `vjp`, `jacobian` and the others build while tracing.
"""
