"""Random requests to a site: any address, anybody, any words in it, around it and behind it.

Most have something right about them, so that they get past the first check: forms are taken from
the site's own pages, and a part of what they would send is changed.
"""

import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl, quote_from_bytes, unquote_to_bytes, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from hypothesis import strategies as some
from hypothesis.strategies import DrawFn, SearchStrategy
from werkzeug.test import create_environ, run_wsgi_app

from tests.web.everybody import CLIENT, NOBODY, OWNER, PRACTITIONER, Site, rules
from tests.web.visitor import HTMX, fields

WHO = (NOBODY, CLIENT, PRACTITIONER, OWNER)
PORTAL = Path(__file__).resolve().parents[2] / "portal" / "web"
ARGUMENT = re.compile(r"<[^>]*?(\w+)>")
READ = re.compile(r"(?:args|form|values)(?:\.get(?:list)?\(|\[)\"(\w+)\"")
"""How views read what was sent by name; see also whatever the forms of the pages send."""

NASTY: tuple[bytes, ...] = (
    *(b"", b" ", b"\x00", b"a\x00b", b"\xff\xfe", b"\xed\xa0\x80", b"%", b"%zz", b"\r\nX: y"),
    *(b"0", b"-1", b"1.5", b"1e400", b"NaN", b"Infinity", b"9" * 25, b"9" * 5000, b"0x1"),
    *(b"2147483648", b"9223372036854775807", b"9223372036854775808", b"1_000", b"+1"),
    *("٣".encode(), "²".encode(), "½".encode(), "①".encode(), "\U0001d7d7".encode()),
    *(b"2027-03-03", b"2027-13-45", b"0000-00-00", b"0001-01-01", b"9999-12-31", b"2027-W01-1"),
    *(b"2027-02-30", b"2027-03", b"9999-12", b"0001-01", b"24:00", b"23:59", b"25:61", b"00:00"),
    *(b"2027-03-14T02:30", b"2027-03-03T10:00", b"9999-12-31T23:59", b"1@1", b"1@" + b"9" * 30),
    *(b"1@253402300799", b"on", b"y", b"true", b"all", b"any", b"roles", b"members", b"<script>"),
    *(b"America/New_York", b"../../etc/passwd", b"Etc/GMT+12", b"localtime", b"/", b"UTC\x00"),
    *(b"//example.com", b"\\\\example.com", b"https://example.com/", b"javascript:alert(1)"),
    *(b"{{7*7}}", b"%(name)s", b"%s%n", b"' OR 1=1 --", b"lee@example.com", b"a@b@c", b"@"),
    *("ana@exämple.com".encode(), "\u202egro.elpmaxe".encode(), "🐑".encode() * 300, b"a" * 70_000),
    *("e\u0301".encode() * 50, "\u2028".encode(), "İ".encode(), "ﬁ".encode(), b"[[[[", b'{"a":'),
)

KINDS = (
    *("text/plain", "application/json", "application/octet-stream", "multipart/form-data", ""),
    *(
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\x7f",
        "text/html; charset=",
    ),
    *("application/x-www-form-urlencoded; charset=utf-7", "nonsense"),
    *(
        "application/merge+json",
        "multipart/form-data; boundary=" + "b" * 300,
        "multipart/mixed; boundary=b",
    ),
)
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
HEADERS = (
    *("Accept", "Accept-Language", "Accept-Encoding", "Authorization", "Authentication-Token"),
    *("Range", "If-None-Match", "If-Modified-Since", "If-Range", "Referer", "Origin", "Host"),
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "User-Agent", "Cookie"),
    *("X-CSRFToken", "X-HTTP-Method-Override", "HX-Request", "HX-Request-Type", "HX-Target"),
    *("HX-History-Restore-Request", "HX-Current-URL", "HX-Boosted", "HX-Trigger", "HX-Prompt"),
)
VALUES_OF_HEADERS = (
    *("", "*", "a" * 8000, "de;q=abc", "xx-" + "y" * 50, "gzip;q=1e400", "Basic !!!", "Digest x"),
    *(
        "Basic " + "A" * 99,
        "bytes=0-",
        "bytes=99999999999999999999-",
        "bytes=-1",
        'W/"',
        '"a", "b"',
    ),
    *("Mon, 99 Foo 2027", "Thu, 01 Jan 9999 00:00:00 GMT", "ü", "[::1", "localhost:99999", "a..b"),
    *("session=.eJw", "session=" + "A" * 300, "session=x.y.z", "true", "full", '"a", "b"'),
    *("1.2.3.4, , 5", "http://[", "unix:", "section#openings", "''", "Bearer é"),
)


@dataclass(frozen=True, slots=True)
class Form:
    """What a page of the site would send, and to where."""

    who: str
    action: str
    method: str
    fields: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Known:
    """What a walk through the site's pages found: its forms, and the names that it reads."""

    forms: list[Form] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as plain values, so that one that fails can be read."""

    who: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    kind: str | None
    body: bytes

    def send(self, site: Site) -> int:
        """Send it with the cookies that this person had in the beginning; returns the status."""
        path, _, query = self.path.partition("?")
        environ = create_environ(method=self.method, input_stream=BytesIO(self.body))
        # As a server hands it on: the bytes of the address, whatever they are.
        environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1")
        environ["QUERY_STRING"] = query
        if cookie := site.browsers[self.who].get_cookie("session"):
            environ["HTTP_COOKIE"] = f"session={cookie.value}"
        for name, value in self.headers:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value.encode().decode("latin-1")
        if self.kind is not None:
            environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"] = self.kind, str(len(self.body))
        _body, status, _headers = run_wsgi_app(site.app, environ, buffered=True)
        return int(status.split(" ", 1)[0])


def walk(site: Site) -> Known:
    """Open every page as everybody, and note what can be sent from there."""
    known = Known()
    names: set[str] = set()
    for module in sorted(PORTAL.rglob("*.py")):
        names.update(READ.findall(module.read_text()))
    for rule, method in rules(site.app):
        if method != "GET":
            continue
        # Whatever a practitioner's page can send, the owner's can too.
        for who in (NOBODY, CLIENT, OWNER):
            address = site.address(rule, method)
            answer = site.browsers[who].get(address)
            if answer.mimetype != "text/html":
                continue
            soup = BeautifulSoup(answer.text, "html.parser")
            for form in soup.select("form[action]"):
                found = _form(who, address, form)
                if found not in known.forms:
                    known.forms.append(found)
                names.update(name for name, _value in found.fields)
            for link in soup.select("a[href*='?']"):
                names.update(name for name, _ in parse_qsl(urlsplit(str(link["href"])).query))
    known.names = sorted(names)
    return known


def some_request(site: Site, known: Known) -> SearchStrategy[Request]:
    """Any request: forms of the site with something changed, and any address with anything."""
    paths = sorted({rule.rule for rule in site.app.url_map.iter_rules()})
    good = {name: str(value) for name, value in site.arguments.items()}
    return _a_form(site, known) | _an_address(site, known, paths, good)


text = some.sampled_from(NASTY) | some.binary(max_size=20)
text |= some.text(max_size=30).map(lambda letters: letters.encode("utf-8", "surrogatepass"))


@some.composite
def _a_form(draw: DrawFn, site: Site, known: Known) -> Request:
    """A form of a page, of which a part is changed, left out or sent twice."""
    form = draw(some.sampled_from(known.forms))
    pairs = [(name.encode(), value.encode()) for name, value in form.fields]
    for _time in range(draw(some.integers(1, 4))):
        if not pairs:
            break
        at = draw(some.integers(0, len(pairs) - 1))
        if pairs[at][0] == b"csrf_token":
            continue
        match draw(some.sampled_from(("change", "change", "change", "drop", "twice"))):
            case "change":
                pairs[at] = (pairs[at][0], draw(text))
            case "drop":
                del pairs[at]
            case "twice":
                pairs.append((pairs[at][0], draw(text)))
    pairs += draw(_pairs(known, 2))
    who = draw(some.sampled_from((form.who, form.who, form.who, *WHO)))
    headers = draw(_headers())
    if form.method == "GET":
        return Request(who, "GET", f"{form.action}?{_encoded(pairs)}", headers, None, b"")
    kind, body = draw(_body(pairs))
    return Request(who, "POST", form.action, headers, kind, body)


@some.composite
def _an_address(
    draw: DrawFn, site: Site, known: Known, paths: list[str], good: dict[str, str]
) -> Request:
    """Any address of the URL map, with arguments that are there or could never be."""
    who, method = (
        draw(some.sampled_from(WHO)),
        draw(some.sampled_from(("GET", "POST") * 12 + METHODS)),
    )

    def argument(name: str) -> str:
        odd = draw(text) if draw(some.integers(0, 2)) == 0 else good.get(name, "1").encode()
        return quote_from_bytes(odd[:200], safe="@-._~")

    path = ARGUMENT.sub(lambda found: argument(found[1]), draw(some.sampled_from(paths)))
    if draw(some.integers(0, 30)) == 0:
        path += draw(some.sampled_from(("/", "//", "%00", "%ff", "/..", ";a=b", "%2f", "%")))
    query = _encoded(draw(_pairs(known, 5)))
    headers = draw(_headers())
    if method in ("GET", "HEAD", "OPTIONS"):
        return Request(who, method, f"{path}?{query}", headers, None, b"")
    token = (b"csrf_token", site.tokens[who].encode())
    kind, body = draw(_body([token, *draw(_pairs(known, 8))]))
    return Request(who, method, f"{path}?{query}", headers, kind, body)


def _pairs(known: Known, most: int) -> SearchStrategy[list[tuple[bytes, bytes]]]:
    name = some.sampled_from(known.names).map(str.encode)
    return some.lists(some.tuples(name | name | name | text, text), max_size=most)


@some.composite
def _headers(draw: DrawFn) -> tuple[tuple[str, str], ...]:
    """As a browser sends them, as htmx does, or with odd ones among them."""
    usual = draw(some.sampled_from(((), tuple(HTMX.items()))))
    odd = some.tuples(some.sampled_from(HEADERS), some.sampled_from(VALUES_OF_HEADERS))
    return usual + tuple(draw(some.lists(odd, max_size=3))) if draw(some.booleans()) else usual


@some.composite
def _body(draw: DrawFn, pairs: list[tuple[bytes, bytes]]) -> tuple[str, bytes]:
    """The fields as a form is sent, as one with a file in it, or as what can't be read."""
    match draw(some.sampled_from(("form", "form", "form", "parts", "parts", "odd"))):
        case "form":
            return "application/x-www-form-urlencoded", _encoded(pairs).encode()
        case "parts":
            named = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
            file = b'; filename="%s"' % draw(text)[:99] if draw(some.booleans()) else b""
            parts = [
                named % (name, file if at == len(pairs) - 1 else b"", value)
                for at, (name, value) in enumerate(pairs)
            ]
            end = draw(some.sampled_from((b"--b--\r\n", b"--b", b"")))
            return "multipart/form-data; boundary=b", b"".join(parts) + end
        case _:
            return draw(some.sampled_from(KINDS)), draw(text | some.just(_encoded(pairs).encode()))


def _encoded(pairs: list[tuple[bytes, bytes]]) -> str:
    return "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs)


def _form(who: str, address: str, form: Tag) -> Form:
    action = urljoin(address, str(form["action"]))
    return Form(who, action, str(form.get("method", "get")).upper(), tuple(fields(form).items()))
