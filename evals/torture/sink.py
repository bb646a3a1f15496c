"""A system outside: a process that records each request, and acts once on each key.

Run as `python -m evals.torture.sink`; it prints its port and serves until its input ends.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Sink:
    """What was asked for, and what was done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[str, int] = {}
        self._done: dict[str, dict[str, Any]] = {}
        self._rings: dict[str, int] = {}
        self._acts: dict[str, list[str]] = {}

    def post(self, thread: str, key: str, content: Any) -> dict[str, Any]:
        """Act under a key; a second request under it changes nothing."""
        with self._lock:
            self._requests[thread] = self._requests.get(thread, 0) + 1
            done = self._done.setdefault(key, {"thread": thread, "content": content})
            return {"same": done["content"] == content}

    def ring(self, thread: str) -> dict[str, Any]:
        """Act at each request."""
        with self._lock:
            self._rings[thread] = self._rings.get(thread, 0) + 1
            return {}

    def act(self, thread: str, text: str) -> dict[str, Any]:
        """Do something that knows no keys, at each request."""
        with self._lock:
            self._acts.setdefault(thread, []).append(text)
            return {}

    def of(self, thread: str, key: str = "") -> dict[str, Any]:
        """Return what was done for a thread."""
        with self._lock:
            done = [one["content"] for one in self._done.values() if one["thread"] == thread]
            rings, requests = self._rings.get(thread, 0), self._requests.get(thread, 0)
            return {"done": done, "requests": requests, "rings": rings, "key_done": key in self._done} | {
                "acts": list(self._acts.get(thread, ()))
            }


def handler(sink: Sink) -> type[BaseHTTPRequestHandler]:
    """Return what serves a sink: JSON in, JSON out."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["content-length"])))
            action = {"/post": sink.post, "/ring": sink.ring, "/act": sink.act, "/of": sink.of}[self.path]
            body = json.dumps(action(**given)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def main() -> None:
    """Serve until the parent is gone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(Sink()))
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
