"""LAG7: what is built or loaded for every request and could be kept."""
