"""What services of compose files and Procfiles say about themselves: whether they are for development.

Looks at one service at a time; files laid over each other are the project's business.
"""

from __future__ import annotations

import posixpath

from unlag.deployment.facts import Service
from unlag.deployment.names import is_development_setting, is_for_development


def is_development_service(service: Service) -> bool:
    """Whether a service says itself that it is for development."""
    names = (service.name, service.target, service.dockerfile, *service.hints)
    if any(is_for_development(name) for name in names) or "develop" in service.hints:
        return True
    if any(_is_source(mount) for mount in service.mounts):
        return True
    return any(is_development_setting(item.name, item.value) for item in service.variables)


def _is_source(mount: str) -> bool:
    """Whether a folder of the host looks like the project's own source."""
    name = mount.rstrip("/")
    if name in (".", "..", "$PWD", "${PWD}") or name.startswith(("${PWD", "$PWD")):
        return True
    last = posixpath.basename(name).lower()
    data = ("data", "log", "config", "cert", "ssl", "secret", "upload", "media", "static", "storage",
            "volume", "backup", "cache", "model", "tmp", "nginx", "init", "key", "env", "db", "sock",
            "workspace")  # fmt: skip
    return name.startswith(".") and "." not in last and not any(part in last for part in data)


def builds_frontend(service: Service) -> bool:
    """Whether a process is a watcher of another toolchain: then the whole file is for development."""
    commands = service.command.commands if service.command is not None else ()
    for command in commands:
        words = [word.text for word in command.words]
        if words[:1] in (["npm"], ["yarn"], ["pnpm"], ["npx"], ["bun"]):
            if any(word in ("dev", "watch", "serve", "start", "vite") for word in words[1:]):
                return True
    return False
