"""A whole class: answers read student by student, marked in some processes, rows written."""
