"""LAG2: the 40 threads that everything that is `def` shares."""
