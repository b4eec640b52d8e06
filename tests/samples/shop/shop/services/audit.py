"""Who did what: one line a deed."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from shop.database import now
from shop.services.offload import run_blocking
from shop.settings import get_settings

Endpoint = Callable[..., Awaitable[Any]]


class AuditLog:
    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self, action: str, detail: str = "") -> None:
        self._append(f"{now().isoformat()} {action} {detail}\n")

    def _append(self, line: str) -> None:
        with self.path.open("a") as log:
            log.write(line)

    def tail(self, lines: int = 20) -> list[str]:
        if not self.path.exists():
            return []
        return self.path.read_text().splitlines()[-lines:]


audit_log = AuditLog(get_settings().audit_log)


def audited(action: str) -> Callable[[Endpoint], Endpoint]:
    def decorate(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            audit_log.record(action, endpoint.__name__)
            return await endpoint(*args, **kwargs)

        return wrapper

    return decorate


def audited_in_thread(action: str) -> Callable[[Endpoint], Endpoint]:
    def decorate(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            await run_blocking(audit_log.record, action, endpoint.__name__)
            return await endpoint(*args, **kwargs)

        return wrapper

    return decorate
