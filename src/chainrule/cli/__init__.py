"""The command `chainrule`: a thin face over the library."""
