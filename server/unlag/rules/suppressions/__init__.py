"""Comments that ask for silence and get none, or need none."""
