"""LAG1: what runs on the event loop must not block it."""
