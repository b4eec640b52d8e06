"""One file in, plain data out: knows nothing of other files, of the disk or of any library."""
