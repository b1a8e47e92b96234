"""The site's own address, and visitors whose browser says an odd one."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient


def test_the_sites_own_address_leads_to_ones_day(
    client: FlaskClient, reset_clinic: Callable[..., None]
) -> None:
    reset_clinic()
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (303, "/calendar?view=day")


@pytest.mark.parametrize("host", ["a..b", ".x", "x" * 64 + ".example.com", "a..b:8000"])
def test_a_host_header_that_names_no_host_is_a_bad_request(client: FlaskClient, host: str) -> None:
    answer = client.get("/healthz", headers={"Host": host})
    assert answer.status_code == 400
    assert "Host header" in answer.text


@pytest.mark.parametrize("host", ["localhost:8000", "[::1]:8000", "book.example.com", ""])
def test_other_hosts_are_served(client: FlaskClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200
