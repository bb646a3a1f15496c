"""Taking a port, or saying why it can't be had."""

import errno
import socket

from dossier.errors import InvalidInput, PortTaken


def bound(host: str, port: int) -> socket.socket:
    """Return a socket of an address, which does not listen yet.

    Raises:
        PortTaken: Another process listens there.
        InvalidInput: There is no such address on this machine, or not for this user.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"Port {port} of {host} is taken by another process.",
                hint="Stop that process, or choose another port with --port.",
            ) from error
        raise InvalidInput(
            f"Nothing can be served on {host}, port {port}: {error.strerror or error}.",
            hint="Choose an address of this machine with --host, and a port above 1023 with --port.",
        ) from error
    return made
