"""Many files' facts in, one index out: names, types, routes, call graph and where each function runs."""
