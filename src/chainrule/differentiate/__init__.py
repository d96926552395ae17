"""Differentiation over nodes, derived from local Jacobians alone.

`maps` says what each kind of map does (one table a verb), `walk` goes through the graph in
either direction, `jacobian` composes whole Jacobians, `factors` cuts the chain at names.
"""
