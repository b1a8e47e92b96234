"""Programs that check mail follow its links: nothing may change by that."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.clinics import lee
from tests.every_mail import MAILS, all_rows, kinds_written, links, write_every_mail

Load = Callable[..., None]
NOT_KEPT = {"test_message"}
"""What goes to a mail server without being put into the outbox."""


@pytest.fixture
def addresses(app: Flask, reset_clinic: Load) -> list[str]:
    """Every address that stands in a mail, of a clinic in which every mail was written."""
    reset_clinic(clients=[lee()])
    with app.app_context():
        write_every_mail()
        folders = {path.name for path in MAILS.iterdir() if path.is_dir()}
        assert kinds_written() == folders - NOT_KEPT
        return links(app.config["BASE_URL"])


@pytest.mark.parametrize("methods", [["GET", "GET"], ["HEAD", "HEAD"], ["GET", "HEAD", "GET"]])
def test_following_every_link_of_every_mail_changes_nothing(
    app: Flask, client: FlaskClient, addresses: list[str], methods: list[str]
) -> None:
    assert len(addresses) > 20
    with app.app_context():
        before = all_rows()
    found = set()
    for address in addresses:
        for method in methods:
            answer = client.open(address, method=method, follow_redirects=True)
            found.add(answer.status_code)
            assert answer.status_code in (200, 410), address
    # Of Lee's two links to sign in the first ended with the address that it was sent to.
    assert found == {200, 410}
    with app.app_context():
        assert all_rows() == before
