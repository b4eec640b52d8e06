"""The language server: the only package that knows pygls and lsprotocol.

Finds nothing itself; it moves texts into workspaces on one thread and findings out of them.
"""
