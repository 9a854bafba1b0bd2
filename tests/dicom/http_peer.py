# SPDX-License-Identifier: Apache-2.0
"""A server that answers as the test tells it to, wrongly for the most part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, str, bytes]


@contextmanager
def http_peer(answer: Callable[[str], Answer | None]) -> Iterator[str]:
    """Its address.

    Args:
        answer: gives, for a path, status, content type and body; None breaks off in the middle of a body.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = answer(self.path)
            status, kind, body = given or (200, "multipart/related; boundary=b", b"--b\r\n\r\nhalf")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body) + (given is None) * 1000))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/dicom-web"
    finally:
        server.shutdown()
        server.server_close()
