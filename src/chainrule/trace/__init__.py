"""The second front end: plain NumPy functions, traced into the same graph as a paper text.

`array` holds what a function sees in place of its arrays; `table` says which node a NumPy
function builds (filled by the files named after NumPy's chapters); `tracer` calls the function,
`names` reads the user's own names and lines off it, `captured` finds the arrays it closes over.
"""
