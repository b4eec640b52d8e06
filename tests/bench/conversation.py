"""Speaks to a language server over its pipes, as bare JSON-RPC, and says when each message came.

Knows no editor: it sends what it is told and answers the server's own requests with nothing.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Message = dict[str, Any]


class Arrival(NamedTuple):
    """A message, and when its last byte was there."""

    message: Message
    at: float


class SilenceError(Exception):
    """Nothing that was waited for came in time."""


def introduction(folder: Path, **more: object) -> Message:
    """The parameters of `initialize` of a client that shows diagnostics by version; `more` takes their place."""
    return {
        "processId": os.getpid(),
        "rootUri": folder.as_uri(),
        "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name}],
        "capabilities": {"textDocument": {"publishDiagnostics": {"versionSupport": True}}},
        **more,
    }


class Conversation:
    """One server process."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        self.started = time.perf_counter()
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
            )
        self._rest = b""
        self._filled = 0.0
        """When the last bytes came: what this side does with them is not the server's time."""
        self._identity = 0

    def send(self, message: Message) -> float:
        """Write one message; gives the moment before."""
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        data = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        at = time.perf_counter()
        while data:
            data = data[self.process.stdin.write(data) :]
        return at

    def notify(self, method: str, params: object) -> float:
        """Send a notification; gives the moment before."""
        return self.send({"method": method, "params": params})

    def request(self, method: str, params: object, patience: float = 60.0) -> Arrival:
        """Send a request and wait for its response."""
        self._identity += 1
        identity = self._identity
        self.send({"id": identity, "method": method, "params": params})
        return self.until(
            lambda message: "method" not in message and message.get("id") == identity, patience
        )

    def until(self, is_it: Callable[[Message], bool], patience: float) -> Arrival:
        """The next message that is the one; those before it are passed over."""
        deadline = time.perf_counter() + patience
        while True:
            message, at = self._read(deadline)
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": _answer(message)})
            elif is_it(message):
                return Arrival(message, at)

    def settle(self, patience: float = 600.0) -> float:
        """Wait until the server knows the whole project, as far as it tells; gives the moment it said so."""
        deadline = time.perf_counter() + patience
        while True:
            answer = self.request("unlag/endpoints", {}, patience)
            if "error" in answer.message or answer.message["result"]["complete"]:
                return answer.at
            if time.perf_counter() > deadline:
                raise SilenceError("the project was never known as a whole")
            time.sleep(0.05)

    def leave(self) -> int:
        """Shut down in good order; gives the exit code."""
        self.request("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """End the process, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def memory(self, kind: str) -> float | None:
        """A figure of the process in MiB: VmRSS or VmHWM; None where no `/proc` tells."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return None
        for line in status.read_text().splitlines():
            if line.startswith(f"{kind}:"):
                return int(line.split()[1]) / 1024
        return None

    def cpu(self) -> float | None:
        """CPU seconds the process has used; None where no `/proc` tells."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.exists():
            return None
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _read(self, deadline: float) -> Arrival:
        while b"\r\n\r\n" not in self._rest:
            self._fill(deadline)
        header, _, self._rest = self._rest.partition(b"\r\n\r\n")
        length = int(header.lower().partition(b"content-length:")[2].split()[0])
        while len(self._rest) < length:
            self._fill(deadline)
        body, self._rest = self._rest[:length], self._rest[length:]
        at = self._filled
        return Arrival(dict(json.loads(body)), at)

    def _fill(self, deadline: float) -> None:
        assert self.process.stdout is not None
        left = deadline - time.perf_counter()
        ready = select.select([self.process.stdout], [], [], max(left, 0))[0]
        if not ready:
            raise SilenceError("the server said nothing of what was waited for")
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        if not data:
            raise SilenceError(f"the server is gone, exit code {self.process.wait()}")
        self._filled = time.perf_counter()
        self._rest += data


def _answer(request: Message) -> object:
    """What a client without settings says."""
    if request["method"] == "workspace/configuration":
        return [None for _ in request["params"]["items"]]
    return None
