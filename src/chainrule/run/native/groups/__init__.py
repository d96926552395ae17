"""What can be computed together: one file for each kind of kernel."""
