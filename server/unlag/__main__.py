"""Entry point of the `unlag` command: runs it so that no user ever meets a stack trace.

Parses no arguments itself; `unlag.cli.commands` does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

MISUSE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal or pipe that cannot show a character must not end the run
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        code = _after_broken_pipe()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if os.environ.get("UNLAG_TRACEBACK") == "1":
            raise
        code = _report_fault(error)
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    import click

    from unlag.cli.commands import unlag

    try:
        result = unlag.main(arguments, prog_name="unlag", standalone_mode=False)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return result if isinstance(result, int) else 0


def _after_broken_pipe() -> int:
    # the reader has gone, as in `unlag check | head`; keep the interpreter's last flush quiet too
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _report_fault(error: Exception) -> int:
    place = ""
    trace = error.__traceback__
    while trace is not None:
        file = os.path.basename(trace.tb_frame.f_code.co_filename)
        place = f" ({file}:{trace.tb_lineno})"
        trace = trace.tb_next
    summary = " ".join(f"{type(error).__name__}: {error}".split())
    message = f"unlag: this is a fault in Unlag: {summary}{place}."
    advice = "Please report it with the output of the same command under UNLAG_TRACEBACK=1."
    print(message, advice, file=sys.stderr)
    return MISUSE


if __name__ == "__main__":
    main()
