"""Which addresses may be spoken to, or listened on, without TLS: this machine's, and those that an operator names."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

_ENCRYPTED = ("require", "verify-ca", "verify-full")


def open_hosts(url: str, plain: Collection[str] = ()) -> list[str]:
    """Return the hosts that a URL would have spoken to over the network without TLS.

    Args:
        url: postgresql://, http:// or https://.
        plain: Hosts for which that is allowed, as on a private network.
    """
    return [host for host in _unencrypted(url) if not is_here(host) and host not in plain]


def is_here(host: str) -> bool:
    """Tell whether a host is this machine: a loopback address, or a socket in a folder."""
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _unencrypted(url: str) -> list[str]:
    scheme = urlsplit(url).scheme
    if scheme not in ("postgresql", "postgres"):
        return [urlsplit(url).hostname or ""] if scheme == "http" else []
    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        return []  # connecting says what is wrong with it
    if given.get("sslmode") in _ENCRYPTED:
        return []
    return [host for name in ("host", "hostaddr") for host in str(given.get(name) or "").split(",")]
