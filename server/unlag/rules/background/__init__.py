"""LAG5: what is done before the response, and what after it."""
