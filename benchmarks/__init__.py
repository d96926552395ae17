"""The figures that the goals are held against: `python -m benchmarks`, or `make bench`."""
