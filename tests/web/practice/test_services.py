"""My Practice > My Services, as each member sees it."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.models import Member, Package, Service
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.web.practice.people import FRAGMENT, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


def tiles(browser: FlaskClient, query: str = "") -> dict[str, Tag]:
    """The cards on the page, by their names."""
    page = soup(browser.get(f"/practice/services{query}"))
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


EVERYBODYS = [
    "Invite to book",
    "Share link",
    "Open booking page",
    "Preview as client",
    "Check bookability",
]


@pytest.mark.parametrize(
    ("who", "more"),
    [
        pytest.param(ANA, ["Edit", "Duplicate", "Move up", "Move down", "Archive"], id="editor"),
        pytest.param(BEN, [], id="others"),
    ],
)
def test_the_menu_has_the_articles_words_and_real_addresses(
    clinic: Clinic, sign_in: SignIn, who: str, more: list[str]
) -> None:
    clinic()
    tile = tiles(sign_in(who))["Reset"]
    button, menu = tile.select_one("button.more"), tile.select_one(".menu")
    assert button
    assert menu
    assert button["popovertarget"] == menu["id"]
    assert button["aria-label"] == "More Options for Reset"
    shown = "Edit" if more else "Preview as client"
    title, entry = tile.select_one("h3 a"), menu.find("a", string=shown)
    assert title
    assert isinstance(entry, Tag)
    assert title["href"] == entry["href"]
    assert [words(entry) for entry in menu.find_all("li")] == EVERYBODYS + more
    share = menu.find("a", string="Share link")
    assert isinstance(share, Tag)
    assert share["href"] == share["hx-get"]


def test_an_archived_package_is_marked_and_invites_nobody(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(package={"archived": True})
    ana = sign_in(ANA)
    assert "Reset" not in tiles(ana)
    tile = tiles(ana, "?archived=1")["Reset"]
    assert words(tile.select_one(".mark")) == "Archived"
    assert "Invite to book" not in words(tile)


def test_an_archived_service_is_reached_by_its_own_list(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.execute(update(Service).where(Service.slug == "intake").values(archived_at=NOW))
    ana = sign_in(ANA)
    assert set(tiles(ana)) == {"Reset", "Follow-up"}
    assert set(tiles(ana, "?archived=1")) == {"Intake"}
    assert "Restore" in words(tiles(ana, "?archived=1")["Intake"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("follow", {"Follow-up"}, id="a-service"),
        pytest.param("RES", {"Reset"}, id="a-package-in-capitals"),
        pytest.param("three months", {"Reset"}, id="by-its-description"),
        pytest.param("ana", {"Reset", "Follow-up", "Intake"}, id="by-the-person"),
        pytest.param("nothing like it", set(), id="nothing"),
    ],
)
def test_one_search_is_over_both(
    clinic: Clinic, sign_in: SignIn, query: str, found: set[str]
) -> None:
    clinic()
    assert set(tiles(sign_in(ANA), f"?words={query}")) == found


def test_the_search_changes_the_lists_alone(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ana = sign_in(ANA)
    page = soup(ana.get("/practice/services?words=follow"))
    part = soup(ana.get("/practice/services?words=follow", headers=FRAGMENT))
    assert page.select_one("#search-words[hx-target='#lists']")
    assert part.find("html") is None
    assert words(part) == words(page.select_one("#lists"))


def test_long_lists_have_pages_of_their_own(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        ana_id = session.scalars(select(Member.id).where(Member.email == ANA)).one()
        for number in range(30):
            session.add(
                Service(
                    slug=f"more-{number}",
                    name=f"More {number:02}",
                    owner_id=ana_id,
                    minutes=10,
                    delivery=["phone"],
                )
            )
    ana = sign_in(ANA)
    assert len(tiles(ana)) == 1 + 25
    link = soup(ana.get("/practice/services?words=more")).select_one("a[rel=next]")
    assert link
    shown = soup(ana.get(str(link["href"]))).select(".tiles > li")
    assert [words(tile.h3) for tile in shown] == [f"More {number}" for number in range(25, 30)]


def test_packages_stand_in_the_order_that_the_clinic_gave_them(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        reset = session.scalars(select(Package)).one()
        first = Package(slug="z", name="Zest", assigned_to_id=reset.assigned_to_id, position=1)
        session.add(first)
        reset.position = 2
    assert list(tiles(sign_in(ANA)))[:2] == ["Zest", "Reset"]


@pytest.mark.parametrize(
    ("who", "entries"),
    [
        pytest.param(ANA, ["Edit", "Manage sharing", "Duplicate", "Archive"], id="editor"),
        pytest.param(BEN, ["Edit", "Archive"], id="owner"),
        pytest.param(CHO, [], id="recipient"),
    ],
)
def test_the_menu_of_a_service_is_what_one_may_do(
    clinic: Clinic, sign_in: SignIn, who: str, entries: list[str]
) -> None:
    clinic(follow_up={"owner": BEN}, sharing="all")
    browser = sign_in(who)
    tile = tiles(browser)["Follow-up"]
    assert [words(entry) for entry in tile.select(".menu li")] == entries
    title = [a["href"] for a in tile.select("h3 a")]
    assert title == (["/services/2"] if "Edit" in entries else [])
    made = soup(browser.get("/practice/services")).find("a", string="New service")
    assert bool(made) == (who == ANA)


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


def test_the_links_on_top_are_a_menu_on_a_phone_that_its_button_opens(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    page = soup(sign_in(ANA).get("/practice/services"))
    button, links = page.select_one("nav.practice > button"), page.select_one("nav.practice > ul")
    assert button
    assert links
    assert links.has_attr("popover")
    assert button["popovertarget"] == links["id"]
    assert words(links.select_one("[aria-current=page]")) == "My Services"
