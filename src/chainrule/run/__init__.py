"""Running graphs: the NumPy interpreter, and checking gradients by differences."""
