"""A solution's text: lines and links, what each number stands for, what each line is about."""
