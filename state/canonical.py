"""One byte form for one value: what hashes, digests and keys are made of."""

import hashlib
import hmac
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """Encode JSON-able data as UTF-8 with sorted keys and no blanks.

    Raises:
        ValueError: For NaN and infinities, which JSON can't say.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def keyed(key: bytes, data: bytes) -> str:
    """Return the HMAC-SHA-256 of bytes as 64 hex digits."""
    return hmac.new(key, data, hashlib.sha256).hexdigest()
