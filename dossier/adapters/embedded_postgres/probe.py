"""Ask a server over its socket whether it takes connections."""

import socket
import struct
from pathlib import Path
from typing import Literal

Answer = Literal["ready", "busy", "absent"]

SOCKET_NAME = ".s.PGSQL.5432"
_STARTUP = b"user\0postgres\0database\0postgres\0\0"
_PROTOCOL_3 = 196608
_READY_FOR_QUERY = b"Z\0\0\0\5I"
_CANNOT_CONNECT_NOW = b"C57P03\0"


def probe(socket_dir: Path) -> Answer:
    """Tell whether a server is ready, is starting or stopping (`busy`), or does not listen (`absent`)."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(str(socket_dir / SOCKET_NAME))
            return _greet(client)
        except (FileNotFoundError, ConnectionRefusedError):
            return "absent"
        except (BlockingIOError, TimeoutError, ConnectionError):
            # A full queue, or a server that went away between two bytes.
            return "busy"


def _greet(client: socket.socket) -> Answer:
    client.sendall(struct.pack("!II", len(_STARTUP) + 8, _PROTOCOL_3) + _STARTUP)
    answer = b""
    while not answer.endswith(_READY_FOR_QUERY):
        if not (part := client.recv(4096)):
            # A refusal for any other reason ("too many clients") comes from a server that works.
            return "ready" if answer.startswith(b"E") and _CANNOT_CONNECT_NOW not in answer else "busy"
        answer += part
    client.sendall(b"X\0\0\0\4")
    return "ready"
