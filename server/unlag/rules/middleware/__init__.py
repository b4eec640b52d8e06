"""LAG4: the layers around every request."""
