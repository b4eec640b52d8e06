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


class Status(msgspec.Struct, frozen=True):
    """`unlag/status`."""

    state: str
    """indexing, ready or error."""
    files: int
    findings: int
    message: str


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
        self._token: str | None = None
        self._last: Status | None = None

    def tell(self, report: Report) -> None:
        """Pass on what a report says."""
        if isinstance(report, Indexing):
            self._progress(report)
        if self._client.wants_status:
            status = _status(report)
            if status != self._last:
                self._last = status
                self._notify(STATUS, msgspec.to_builtins(status))

    def _progress(self, report: Indexing) -> None:
        if not self._client.has_progress:
            return
        is_done = report.done >= report.total
        if self._token is None:
            if not is_done:
                self._begin()
        elif is_done:
            self._send(types.WorkDoneProgressEnd(message=f"{report.total} files"))
            self._token = None
        else:
            self._send(
                types.WorkDoneProgressReport(
                    cancellable=True,
                    message=f"{report.done} of {report.total} files",
                    percentage=100 * report.done // report.total,
                )
            )

    def _begin(self) -> None:
        token = self._token = str(uuid.uuid4())
        begin = types.WorkDoneProgressBegin(
            _TITLE, cancellable=True, message="Reading files", percentage=0
        )
        self._create(
            token, lambda: self._notify(types.PROGRESS, types.ProgressParams(token, begin))
        )

    def _send(self, value: object) -> None:
        if self._token is not None:
            self._notify(types.PROGRESS, types.ProgressParams(self._token, value))


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
    return Status(state, view.files, findings, "")
