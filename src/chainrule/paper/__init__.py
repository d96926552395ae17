"""The paper language: `*.chain` text to a graph with names, questions and updates.

`lexer` → tokens, `parser` → syntax tree, `elaborate` → graph.  Nothing is ever evaluated as Python.
"""
