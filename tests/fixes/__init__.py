"""Before/after cases of every fix."""
