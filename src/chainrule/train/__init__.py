"""Many steps of an optimiser, on NumPy functions and on the `:=` updates of a file."""
