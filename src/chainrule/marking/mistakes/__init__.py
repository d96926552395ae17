"""Naming mistakes: which change to a line's computation gives the student's numbers.

`scene` is the part of the graph between a line's target and what was known; the families
(`signs`, `activations`, `factors`, `matrices`, `softmax`, `quantities`) say what people change in
it, `mutants` computes all changed targets at once; `slips`, `digits` and `shapes` are slips of
the pen, `inputs` wrong numbers put in.  `chance` says whether numbers fit and how likely they
would by accident, `codes` what there is, and `catalogue` brings it together.
"""
