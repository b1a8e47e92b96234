"""My Practice > My Services, as each member sees it."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from portal.models import Member
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE
from tests.web.practice.people import FRAGMENT, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


def tiles(browser: FlaskClient) -> dict[str, Tag]:
    """The cards on the page, by their names."""
    page = soup(browser.get("/practice/services"))
    return {words(tile.h3): tile for tile in page.select(".tiles > li")}


def test_it_is_for_members_only(clinic: Clinic, client: FlaskClient) -> None:
    clinic()
    assert client.get("/practice/services").status_code == 303


def test_it_is_kept_in_no_cache(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    answer = sign_in(ANA).get("/practice/services")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_package_shows_what_it_is(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    text = words(tiles(sign_in(ANA))["Reset"])
    for part in ("1 × Intake", "3 × Follow-up", "Assigned to Ana Ruiz", "$420.00", "90 days"):
        assert part in text


@pytest.mark.parametrize(
    ("settings", "summary"),
    [
        pytest.param({"enabled": False}, "Off: clients book with Ana Ruiz", id="off"),
        pytest.param({"allow": "assigned"}, "Assigned team member only", id="assigned"),
        pytest.param({"allow": "any"}, "Any team member", id="any"),
        pytest.param(
            {"allow": "members", "restrict_to": [BEN, CHO]},
            "Specific team members: Ben Okafor, Cho Park",
            id="members",
        ),
        pytest.param(
            {"allow": "roles", "restrict_to": ["Coach"]},
            "Team members in specific roles: Coach",
            id="roles",
        ),
    ],
)
def test_team_booking_is_told_in_the_words_of_the_picklist(
    clinic: Clinic, sign_in: SignIn, settings: dict[str, object], summary: str
) -> None:
    clinic(**settings)
    assert summary in words(tiles(sign_in(ANA))["Reset"])


def test_on_the_solo_plan_team_booking_is_hidden(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(practice={"plan": "solo"})
    assert "Team booking" not in words(tiles(sign_in(ANA))["Reset"])


def test_the_owners_list_marks_a_shared_service_and_the_others_see_its_owner(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(sharing="members", shared_with=[BEN])
    anas, bens = tiles(sign_in(ANA)), tiles(sign_in(BEN))
    assert words(anas["Follow-up"].select_one(".mark")) == "Shared"
    assert "Shared with Ben Okafor" in words(anas["Follow-up"])
    assert anas["Intake"].select_one(".mark") is None
    assert bens["Follow-up"].select_one(".mark") is None
    assert "Owner Ana Ruiz" in words(bens["Follow-up"])


@pytest.mark.parametrize(
    ("sharing", "shared_with", "who"),
    [
        pytest.param("private", [], {ANA, DEE}, id="private"),
        pytest.param("all", [], {ANA, BEN, CHO, DEE}, id="all"),
        pytest.param("members", [BEN], {ANA, BEN, DEE}, id="members"),
        pytest.param("roles", ["Coach"], {ANA, CHO, DEE}, id="roles"),
    ],
)
def test_a_service_is_listed_for_its_owner_whom_it_is_shared_with_and_admins(
    clinic: Clinic, sign_in: SignIn, sharing: str, shared_with: list[str], who: set[str]
) -> None:
    clinic(sharing=sharing, shared_with=shared_with)
    assert {each for each in (ANA, BEN, CHO, DEE) if "Follow-up" in tiles(sign_in(each))} == who


def test_the_menu_has_the_articles_words_and_real_addresses(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    tile = tiles(sign_in(ANA))["Reset"]
    button, menu = tile.select_one("button.more"), tile.select_one(".menu")
    assert button
    assert menu
    assert button["popovertarget"] == menu["id"]
    assert button["aria-label"] == "More Options for Reset"
    entries = [words(link) for link in menu.find_all("a")]
    assert entries == ["Invite to book", "Share link", "Open booking page"]
    share = menu.find("a", string="Share link")
    assert isinstance(share, Tag)
    assert share["href"] == share["hx-get"]


def test_an_archived_package_is_marked_and_invites_nobody(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(package={"archived": True})
    tile = tiles(sign_in(ANA))["Reset"]
    assert words(tile.select_one(".mark")) == "Archived"
    assert "Invite to book" not in words(tile)


def test_a_clinic_without_anything_says_so(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(packages=[], services=[], availability=[])
    page = words(soup(sign_in(ANA).get("/practice/services")).main)
    assert "There are no packages yet." in page
    assert "No service is yours or shared with you." in page


def test_names_are_text(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic(package={"name": "<b>Reset</b> & more"})
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.email == ANA).values(name="<i>Ana</i>"))
    page = sign_in(ANA).get("/practice/services").text
    assert "<b>Reset" not in page
    assert "<i>Ana" not in page
    assert BeautifulSoup(page, "html.parser").find("h3", string="<b>Reset</b> & more")


def test_a_fragment_of_it_is_the_whole_page(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    answer = sign_in(ANA).get("/practice/services", headers=FRAGMENT)
    assert answer.headers["HX-Redirect"] == "/practice/services"
