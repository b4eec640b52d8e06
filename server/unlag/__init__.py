"""Unlag: finds what makes FastAPI applications slow, explains it, and fixes it."""

__version__ = "0.1.0"
