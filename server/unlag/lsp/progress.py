"""Tells the client how the indexing goes: a progress bar, and the state for its status item."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import msgspec
from lsprotocol import types

from unlag.lsp.convert import Client
from unlag.lsp.view import Analysed, Failed, Indexing, Report, View

STATUS = "unlag/status"

_TITLE = "Unlag"
_STOPPED = "Reading was stopped before the last file: restart the server to read them all."


class Status(msgspec.Struct, frozen=True):
    """`unlag/status`."""

    state: str
    """indexing, ready or error."""
    files: int
    findings: int
    message: str
    libraries: tuple[Library, ...] = ()
    """What is known of the versions that the workspace runs with."""
    endpoints: int = 0


class Library(msgspec.Struct, frozen=True):
    """A library that rules ask about."""

    name: str
    version: str
    """Exact, or what is asked for, such as `>=0.100`; `any` where every version is right."""
    source: str
    """The path of the environment or file that says so."""


class Teller:
    """Turns reports into progress and status; says nothing twice."""

    def __init__(
        self,
        client: Client,
        notify: Callable[[str, object], None],
        create: Callable[[str, Callable[[], None]], None],
    ) -> None:
        self._client = client
        self._notify = notify
        self._create = create
        self._bar: Bar | None = None
        self._last: Status | None = None

    def tell(self, report: Report) -> None:
        """Pass on what a report says."""
        if isinstance(report, Indexing) and self._client.has_progress:
            self._show(report)
        if self._client.wants_status:
            status = _status(report)
            if status != self._last:
                self._last = status
                self._notify(STATUS, msgspec.to_builtins(status))

    def _show(self, report: Indexing) -> None:
        is_done = report.done >= report.total
        if self._bar is None and not is_done:
            self._bar = Bar(self._notify)
            self._create(self._bar.token, self._bar.begin)
        elif self._bar is not None and is_done:
            self._bar.end(_said_at_the_end(report))
            self._bar = None
        elif self._bar is not None:
            self._bar.move(report)


class Bar:
    """One progress bar; it begins when the client has made room for it, which can be after the end."""

    def __init__(self, notify: Callable[[str, object], None]) -> None:
        self.token = str(uuid.uuid4())
        self._notify = notify
        self._has_begun = False
        self._ended: str | None = None

    def begin(self) -> None:
        """Show the bar, and take it away at once where the work is done by now."""
        self._has_begun = True
        self._send(
            types.WorkDoneProgressBegin(
                _TITLE, cancellable=True, message="Reading files", percentage=0
            )
        )
        if self._ended is not None:
            self.end(self._ended)

    def move(self, report: Indexing) -> None:
        """Show how far it is."""
        message = f"{report.done} of {report.total} files"
        share = 100 * report.done // report.total
        self._send(
            types.WorkDoneProgressReport(cancellable=True, message=message, percentage=share)
        )

    def end(self, message: str) -> None:
        """Take the bar away."""
        self._ended = message
        self._send(types.WorkDoneProgressEnd(message=message))

    def _send(self, value: object) -> None:
        if self._has_begun:
            self._notify(types.PROGRESS, types.ProgressParams(self.token, value))


def _said_at_the_end(report: Indexing) -> str:
    if report.unread:
        return f"Stopped after {report.total - report.unread} of {report.total} files"
    return f"{report.total} files"


def _status(report: Report) -> Status:
    match report:
        case Indexing(folder, done, total):
            return Status("indexing", total, 0, f"Reading {folder}: {done} of {total} files")
        case Failed(message):
            return Status("error", 0, 0, message)
        case Analysed(view):
            return _ready(view)


def _ready(view: View) -> Status:
    findings = sum(map(len, view.findings.values()))
    state = "ready" if view.is_complete else "indexing"
    message = "" if view.is_whole else _STOPPED
    libraries = (Library(item.distribution, item.spoken, item.source) for item in view.libraries)
    return Status(state, view.files, findings, message, tuple(libraries), view.endpoints)
