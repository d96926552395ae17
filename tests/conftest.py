"""Settings for random testing: `make test` repeats exactly, `make soak` searches on."""

from hypothesis import settings

# No deadline: a slow machine is not a failing test.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("soak", max_examples=2000, deadline=None)
settings.load_profile("steady")
