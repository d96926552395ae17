"""Nodes, constants with the text they were written in, shapes, facts, names.

The data every other room works on.  Nothing here knows a derivative.
"""
