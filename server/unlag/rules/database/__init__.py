"""LAG6: what applications ask of their databases, how often, and from where."""
