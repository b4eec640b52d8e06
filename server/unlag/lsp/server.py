"""`unlag server`: runs until the client has gone. What it can do is registered in `features`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from unlag.lsp import loading, log, transport

_TURN = 0.0005
"""Seconds that a thread keeps the interpreter while another one wants it: messages come first."""


def main(tcp: str | None) -> None:
    """Serve one client on standard input and output, or on a loopback port."""
    log.set_up()
    sys.setswitchinterval(_TURN)
    address = _address(tcp) if tcp is not None else None
    asyncio.run(_serve(address))


async def _serve(address: tuple[str, int] | None) -> None:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    loading.load()
    from unlag.lsp.features import Server  # not before what it needs is loaded in its quick form

    server = Server()

    def end_from_anywhere(code: int) -> None:
        loop.call_soon_threadsafe(end, code)

    server.protocol.on_exit = end_from_anywhere
    if address is None:
        output = transport.Output(transport.own_stdout(), lambda: end(1))
        server.protocol.set_writer(output)
        transport.read_stdin(loop, server.protocol.receive, lambda: end(1))
    else:
        serving = asyncio.ensure_future(
            transport.serve_once(*address, server.protocol.receive, server.protocol.set_writer)
        )
        serving.add_done_callback(lambda _: end(1))
    code = await ended
    with contextlib.suppress(Exception):
        await server.session.leave()
    # from here, while the loop is there: other threads speak to it until the very end, and nobody needs
    # the big index taken apart that the analysis thread may hold
    os._exit(code)


def _address(tcp: str) -> tuple[str, int]:
    host, _, port = tcp.rpartition(":")
    host = host.strip("[]")
    if host not in transport.LOOPBACK or not port.isdigit():
        from click import UsageError

        raise UsageError(
            f"--tcp {tcp} is no loopback address. Write --tcp 127.0.0.1:PORT: whoever can reach "
            "the port can read the workspace."
        )
    return host, int(port)
