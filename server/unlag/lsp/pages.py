"""Rule pages, and the parts of them that a hover quotes. The pages are the rules' own docs."""

from __future__ import annotations

import re

from unlag.rules import Rule, load

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def rule(word: str) -> Rule | None:
    """The rule with that code or name."""
    for known in load():
        if word.upper() == known.code or word.lower() == known.name:
            return known
    return None


def section(docs: str, heading: str) -> str:
    """The text below a heading, up to the next one; empty where there is none."""
    parts = _HEADING.split(docs)
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        if title == heading:
            return text.strip()
    return ""
