"""suppression-without-rule (LAG001): a comment asks for silence and names no rule.

## What it does
Reports `# unlag: ignore` comments that name no rule, or something that is no rule. They silence
nothing.

## Why it is slow
A comment that silences everything would also hide what comes up on the same line later. A comment
with a misspelt name hides nothing, but reads as if it did.

## Bad
```python
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def wait() -> None:
    time.sleep(1)  # unlag: ignore  # LAG001
```

## Good
```python
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def wait() -> None:
    time.sleep(1)  # unlag: ignore[blocking-call-on-loop]
```

## Not reported
`# noqa` comments, which other tools own.

## Sources
None: it is about Unlag's own comments.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlag.finding import Finding, Severity
from unlag.rules import Subject
from unlag.rules.view import CommentView

SEVERITY = Severity.WARNING
SUBJECT = Subject.COMMENT


def check(comment: CommentView) -> Iterator[Finding]:
    """The comment, where what it names is no rule."""
    if comment.form != "unlag":
        return
    if not comment.names:
        yield comment.finding(
            SEVERITY,
            "This comment names no rule, so it silences nothing. "
            "Name one: `# unlag: ignore[blocking-call-on-loop]`.",
        )
    for name in comment.unknown_names:
        yield comment.finding(
            SEVERITY,
            f"`{name}` is no rule, so it silences nothing. "
            "`unlag rules` lists the names; correct it or remove it.",
            sink=name,
        )
