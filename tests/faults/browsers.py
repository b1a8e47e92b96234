"""Browsers that speak HTTP to real processes, for the visitors of tests/web/visitor.py.

A browser keeps cookies, follows redirects, and says when no answer came: a process that is killed
can't give one. It has the methods of FlaskClient that a visitor uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

SECONDS = 60
"""How long an answer is waited for: by then a person has gone."""

FORM = "application/x-www-form-urlencoded"


class NoAnswer(ConnectionError):
    """The connection ended before an answer came: the process was killed, or isn't there."""


@dataclass(frozen=True)
class Asked:
    """What was asked for last, after all redirects."""

    path: str
    query_string: bytes


@dataclass(frozen=True)
class Answer:
    """Status, headers and text, with what was asked."""

    status_code: int
    headers: Message
    text: str
    request: Asked

    def get_data(self, *, as_text: bool) -> str:
        """The text, under the name that Werkzeug has for it."""
        assert as_text
        return self.text


@dataclass
class Browser:
    """One browser. `address` is what a proxy before the site would report of it."""

    site: str
    address: str = "192.0.2.1"
    cookies: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    environ_base: dict[str, str] = field(default_factory=dict)
    """What each request says of its browser, by Werkzeug's names: the language, say."""

    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        follow_redirects: bool = False,
        query_string: Mapping[str, str] | None = None,
    ) -> Answer:
        """Open an address of the site."""
        asked = f"{url}?{urlencode(query_string)}" if query_string else url
        answer = self._ask("GET", asked, None, headers or {})
        return self._follow(answer) if follow_redirects else answer

    def post(
        self, url: str, *, data: Mapping[str, Any] | None = None, follow_redirects: bool = False
    ) -> Answer:
        """Send a form."""
        answer = self._ask("POST", url, urlencode(data or {}), {"Content-Type": FORM})
        return self._follow(answer) if follow_redirects else answer

    def _follow(self, answer: Answer) -> Answer:
        while answer.status_code in (301, 302, 303, 307, 308):
            to = urljoin(self.site + answer.request.path, answer.headers["Location"])
            answer = self._ask("GET", to, None, {})
        return answer

    def _ask(self, method: str, url: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(urljoin(self.site, url))
        assert parts.hostname
        sent = {"X-Forwarded-For": self.address, **headers}
        if language := self.environ_base.get("HTTP_ACCEPT_LANGUAGE"):
            sent.setdefault("Accept-Language", language)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection = HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)
        try:
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException) as reason:
            raise NoAnswer(f"{method} {url}: {reason!r}") from reason
        finally:
            connection.close()
        self._keep_cookies(response.msg)
        self.statuses.append(response.status)
        asked = Asked(parts.path, parts.query.encode())
        return Answer(response.status, response.msg, text, asked)

    def _keep_cookies(self, headers: Message) -> None:
        for line in headers.get_all("Set-Cookie", []):
            for name, cookie in SimpleCookie(line).items():
                if cookie["max-age"] == "0" or not cookie.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = cookie.coded_value
