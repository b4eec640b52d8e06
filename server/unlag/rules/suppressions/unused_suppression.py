"""unused-suppression (LAG002): a comment silences a rule that has nothing to say there.

## What it does
Reports `# unlag: ignore[...]` comments on lines where a rule that they name reports nothing.

## Why it is slow
The comment is left from code that is gone. It hides the next problem of that kind on its line.

## Bad
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def answer() -> int:
    return 42  # unlag: ignore[blocking-call-on-loop]  # LAG002
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
Comments that name a rule which is switched off in this run; `# noqa` comments.

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
    """The comment, where every rule it names was asked and one of them had nothing to say."""
    if comment.form != "unlag" or not comment.idle_names:
        return
    if comment.unknown_names or comment.unasked_names:
        return
    names = ", ".join(comment.idle_names)
    if comment.idle_names == comment.names:
        message = f"Nothing here breaks {names}, so this comment hides nothing: remove it."
    else:
        message = f"Nothing here breaks {names}: take it out of this comment."
    yield comment.finding(SEVERITY, message)
