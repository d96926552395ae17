"""Optimisers as pairs of pure functions over nodes, schedules of their rates, clipping.

What they compute is a graph like any other: it is explained, compiled and exported as such.
"""
