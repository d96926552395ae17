"""chainrule beside other libraries, and beside what the machine can do: `make bench-peers`."""
