import asyncio
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError


async def answer_and_close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"ok")
    writer.close()


def test_a_test_can_not_reach_another_machine() -> None:
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


async def test_loopback_and_unix_sockets_stay_open(tmp_path: Path) -> None:
    tcp = await asyncio.start_server(answer_and_close, "127.0.0.1", 0)
    unix = await asyncio.start_unix_server(answer_and_close, str(tmp_path / "s"))
    by_tcp, _ = await asyncio.open_connection("127.0.0.1", tcp.sockets[0].getsockname()[1])
    by_unix, _ = await asyncio.open_unix_connection(str(tmp_path / "s"))

    assert (await by_tcp.read(), await by_unix.read()) == (b"ok", b"ok")
    tcp.close()
    unix.close()
