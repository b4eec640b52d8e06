"""The server's log: one line for each event, on standard error, which every client shows.

Standard output belongs to the protocol. Set UNLAG_TRACEBACK=1 for whole stack traces.
"""

from __future__ import annotations

import logging
import os
import sys

logger = logging.getLogger("unlag.server")


class OneLine(logging.Formatter):
    """Gives a record as one line, an exception by its type, words and place."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said = " ".join(record.getMessage().split())
        if record.exc_info and record.exc_info[1] is not None:
            said = f"{said} ({described(record.exc_info[1])})"
        return f"{self.formatTime(record, '%H:%M:%S')} unlag {record.levelname.lower()}: {said}"


def described(error: BaseException) -> str:
    """An exception as `Type: words, file:line`."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        place = f", {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return " ".join(f"{type(error).__name__}: {error}".split()) + place


def set_up() -> None:
    """Send our records to standard error and keep the libraries' own out of it."""
    handler = logging.StreamHandler(sys.stderr)
    if os.environ.get("UNLAG_TRACEBACK") != "1":
        handler.setFormatter(OneLine())
    ours = logging.getLogger("unlag")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False
    # pygls reports the same events to us, and its own records hold whole documents
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)
    logging.getLogger("asyncio").addHandler(handler)
