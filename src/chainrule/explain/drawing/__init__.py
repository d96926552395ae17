"""Drawings of a computation graph."""
