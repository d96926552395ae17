"""The kinds of structured linear map that local Jacobians are made of: pure data.

What a map does (apply, adjoint, compose, dense) is in `differentiate/`, one table per verb.
"""
