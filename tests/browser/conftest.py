"""A real browser: Chromium in a phone's size, watched for whatever a page does wrong.

`page` is enough for most tests; `open_page` makes more, of another size or without JavaScript. A
test fails when one of its pages logs an error, breaks the content security policy, asks another
host for anything, or gets a server error.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Response,
    expect,
    sync_playwright,
)

from portal import create_app
from tests.browser.clinic_site import ClinicSite
from tests.conftest import SECRET_KEY, LiveSite, dispose

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = {"width": 360, "height": 740}
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # Chromium's own sandbox refuses to start as root.
    "--disable-gpu",
    # Nothing but the site is to be spoken to.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# A machine that does much at once takes its time; where nothing is wrong nobody waits that long.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, started once."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail("Chromium is missing: `make test` installs it, or says what to install.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def clinic_site(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClinicSite]:
    """The site of all tests here that need no special one: see ClinicSite.open_with."""
    folder = tmp_path_factory.mktemp("clinic-site")
    database = Path(shutil.copy(sqlite_template, folder / "clinic.db"))
    settings = {"DATABASE_URL": f"sqlite:///{database}", "SIGN_IN_TRIES": "100 per minute"}
    maker = create_app(
        {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": f"sqlite:///{folder / 'made.db'}"}
    )
    site = LiveSite(folder / "site.log", 1, settings)
    try:
        site.wait_until_healthy()
        yield ClinicSite(site.url, database, sqlite_template, maker)
    finally:
        site.stop()
        dispose(maker)


@pytest.fixture
def site(clinic_site: ClinicSite) -> str:
    """The address of a site with the clinic of the scenarios; see open_with for the password."""
    return clinic_site.open_with()


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What pages did wrong, in sentences. A test that provokes one takes it out of the list."""
    found: list[str] = []
    yield found
    assert not found, "The pages had problems:\n" + "\n".join(found)


@pytest.fixture
def open_page(browser: Browser, problems: list[str]) -> Iterator[Callable[..., Page]]:
    """Open a page: `open_page()`, with Playwright's options for a context where needed.

    Among them: java_script_enabled=False, viewport={"width": 1280, "height": 800},
    color_scheme="dark", locale="de-DE", timezone_id="America/New_York".
    """
    contexts: list[BrowserContext] = []

    def start(**options: object) -> Page:
        context = browser.new_context(**{"viewport": PHONE, **options})
        contexts.append(context)
        watch(context, problems)
        return context.new_page()

    yield start
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page in the size of a phone."""
    return open_page()


def watch(context: BrowserContext, problems: list[str]) -> None:
    """Put what goes wrong in any page of the context on the list."""

    def answered(response: Response) -> None:
        # A form may answer 422 and a missing thing 404; what a page is made of must be there.
        part = response.request.resource_type in ("stylesheet", "script", "image", "font")
        if response.status >= (400 if part else 500):
            problems.append(f"{response.status} for {response.url}")

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "localhost":
            problems.append(f"another host was asked: {url}")

    def logged(kind: str, text: str) -> None:
        # Chromium logs each answer of 400 and more as an error too: `answered` judges those.
        if kind == "error" and not text.startswith("Failed to load resource: the server"):
            problems.append(f"console: {text}")

    context.on("request", lambda request: asked(request.url))
    context.on("response", answered)
    context.on("console", lambda message: logged(message.type, message.text))
    context.on("weberror", lambda error: problems.append(f"uncaught: {error.error}"))


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Check a page against WCAG 2.2 AA: `axe(page)` gives each violation as a sentence.

    The script is evaluated through the debugging protocol, so a content security policy that
    forbids scripts of others stays as strict as it is for everybody.
    """
    if not AXE.exists():
        pytest.fail("axe-core is missing: `make test` fetches it with the pages' scripts.")
    script = AXE.read_text()

    def violations(page: Page) -> list[str]:
        # It takes time to read, and stays in the page that is looked at once more.
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)
        options = {"runOnly": WCAG, "resultTypes": ["violations"]}
        result = page.evaluate("options => axe.run(options)", options)
        return [
            f"{violation['id']}: {violation['help']} ({node['html']})"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]

    return violations
