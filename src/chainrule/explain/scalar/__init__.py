"""The network taken apart into numbers: scalar nodes, their partial derivatives, their paths."""
