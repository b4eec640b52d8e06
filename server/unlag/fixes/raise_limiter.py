"""Gives the thread limiter more tokens, in the lifespan of the application."""

from __future__ import annotations

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal
from unlag.fixes.lifespan import with_statement

MODULE, NAME = "anyio.to_thread", "current_default_thread_limiter"


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The arguments: file and name of the lifespan, no name where there is none, and the tokens."""
    path, lifespan, tokens = request.arguments
    return with_statement(
        request, path, lifespan, MODULE, NAME, lambda name: f"{name}().total_tokens = {tokens}"
    )
