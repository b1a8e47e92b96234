"""A small reverse proxy, which does what compose.yaml asks of Caddy.

Requests go to the web hosts in turn, past one that isn't there, and what visitors say about their
own address is replaced by what it is.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from urllib.parse import urlsplit

SECONDS = 60
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server"}


class Proxy(ThreadingHTTPServer):
    """Listens on a free port; `answered` counts the answers of each host."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server_port}"
        self.hosts: list[str] = []
        self.answered: Counter[str] = Counter()
        self._turn = count()

    def in_turn(self) -> list[str]:
        """All hosts, the next one first."""
        first = next(self._turn) % len(self.hosts)
        return self.hosts[first:] + self.hosts[:first]


class Handler(BaseHTTPRequestHandler):
    """One request of a visitor."""

    server: Proxy

    def do_GET(self) -> None:
        """Ask the hosts in turn until one is there."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name != "Connection"}
        headers["X-Forwarded-For"] = str(self.client_address[0])
        headers["X-Forwarded-Proto"], headers["X-Forwarded-Host"] = "http", headers["Host"]
        for host in self.server.in_turn():
            address = urlsplit(host)
            connection = HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)
            try:
                connection.connect()
            except ConnectionRefusedError:
                continue
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.server.answered[host] += 1
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            return
        self.send_error(502)

    do_POST = do_GET

    def log_message(self, *_words: object) -> None:
        """Keep quiet."""


@contextmanager
def proxy() -> Iterator[Proxy]:
    """A proxy without hosts yet; it ends when left."""
    server = Proxy()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
