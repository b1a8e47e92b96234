from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import func, select

from portal import clinic_file
from portal.db import db
from portal.errors import WrongClinicFile
from portal.models import Practice
from tests.clinic_file.conftest import Load, Tables
from tests.clinic_file.documents import KIM, booking, own_package, whole_clinic
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee, reset_clinic

Document = dict[str, Any]
Change = Callable[[Document], Any]

TWENTY: list[tuple[Change, str]] = [
    (
        lambda d: d["practice"].update(timezone="America/Springfield"),
        'practice.timezone: there is no time zone called "America/Springfield"',
    ),
    (
        lambda d: d["practice"].update(horizon_days=0),
        "practice.horizon_days: a whole number from 1 to 36500 is needed, not 0",
    ),
    (
        lambda d: d["practice"].update(currency="ZZZ"),
        'practice.currency: there is no currency called "ZZZ"',
    ),
    (
        lambda d: d["practice"].update(colour="green"),
        "practice.colour: is not a key of this format",
    ),
    (
        lambda d: d["roles"].append({"name": "Nutritionist"}),
        'roles[2].name: "Nutritionist" is roles[0]\'s already',
    ),
    (lambda d: d["team"][0].pop("name"), "team[0].name: is missing"),
    (
        lambda d: d["team"][1].update(kind="boss"),
        'team[1].kind: "boss" is not one of practitioner, admin',
    ),
    (
        lambda d: d["team"][2].update(role="Baker"),
        'team[2].role: no role is called "Baker"',
    ),
    (
        lambda d: d["team"][3].update(owner=True),
        f"team[3].owner: there is one owner of a practice, and {ANA} is it already",
    ),
    (
        lambda d: d["services"][0].update(delivery=[]),
        "services[0].delivery: must not be empty",
    ),
    (
        lambda d: d["services"][1].update(shared_with=["eli@example.com"], sharing="members"),
        'services[1].shared_with[0]: nobody on the team has the address "eli@example.com"',
    ),
    (
        lambda d: d["availability"][0]["weekly"][0].update({"from": "12:00", "to": "09:00"}),
        "availability[0].weekly[0]: “from” must be before “to”",
    ),
    (
        lambda d: d["availability"][0].update(overrides=[{"date": "2027-02-30", "hours": []}]),
        "availability[0].overrides[0].date: there is no 2027-02-30 in the calendar",
    ),
    (
        lambda d: d["availability"][1]["weekly"][0].update({"to": "25:00"}),
        'availability[1].weekly[0].to: "25:00" is not a time of day such as "17:30"',
    ),
    (
        lambda d: d["packages"][0].update(price="42,00"),
        'packages[0].price: "42,00" is not an amount such as "420.00"',
    ),
    (
        lambda d: d["packages"][0]["team_booking"].update(allow="members", restrict_to=[]),
        "packages[0].team_booking.restrict_to: must not be empty: it says whom clients may choose",
    ),
    (
        lambda d: d["clients"].append(lee(email="lee")),
        'clients[2].email: "lee" is not an email address',
    ),
    (
        lambda d: d["client_packages"][0].update(package="restart"),
        'client_packages[0].package: no package has the slug "restart"',
    ),
    (
        lambda d: d["bookings"][0].update(start="2027-03-15T10:00:00"),
        'bookings[0].start: "2027-03-15T10:00:00" is not a time in whole seconds with an '
        'offset, such as "2027-03-15T10:00:00-04:00"',
    ),
    (
        lambda d: d["bookings"][2].update(client=CHO),
        f'bookings[2].client: no client has the address "{CHO}"',
    ),
]


def clinic() -> Document:
    return reset_clinic(
        clients=[lee(), lee(email=KIM)],
        client_packages=[own_package()],
        bookings=[
            booking("2027-03-15T10:00:00-04:00", package=None),
            booking("2027-03-16T10:00:00-04:00", package=None),
            booking("2027-03-17T10:00:00-04:00", package=None),
        ],
    )


def changed(*changes: Change) -> Document:
    document = clinic()
    for change in changes:
        change(document)
    return document


def test_twenty_faults_are_twenty_lines_and_change_nothing(
    load: Load, faults: Callable[[Any], list[str]], tables: Tables
) -> None:
    load(whole_clinic() | {"bookings": []})
    before = tables()
    wrong = faults(changed(*(change for change, _ in TWENTY)))
    assert sorted(wrong) == sorted(line for _, line in TWENTY)
    assert tables() == before


def test_a_wrong_file_leaves_an_empty_database_empty(
    faults: Callable[[Any], list[str]], tables: Tables
) -> None:
    before = tables()
    wrong = faults(changed(*(change for change, _ in TWENTY)))
    assert sorted(wrong) == sorted(line for _, line in TWENTY)
    assert tables() == before
    assert db.session.scalar(select(func.count()).select_from(Practice)) == 0


def several(*bookings: Document, **changes: Any) -> Document:
    return clinic() | {"bookings": list(bookings)} | changes


NINE, HALF_PAST = "2027-03-15T09:00:00-04:00", "2027-03-15T09:30:00-04:00"
ONE_LEFT = [own_package(items=[{"service": "follow-up", "sessions": 1}])]

ALONE: dict[str, tuple[Any, list[str]]] = {
    "no object": ([], ["file: an object is needed, not a list"]),
    "nothing": (None, ["file: an object is needed, not null"]),
    "an empty object": (
        {},
        ["format: is missing", "practice: is missing, and there is no clinic yet"],
    ),
    "another format": (
        clinic() | {"format": "clinic/2"},
        ['format: "clinic/2" is not one of clinic/1'],
    ),
    "a list that is none": (
        clinic() | {"roles": "Coach"},
        ['roles: a list is needed, not "Coach"'],
    ),
    "an entry that is none": (
        changed(lambda d: d["roles"].append("Baker")),
        ['roles[2]: an object is needed, not "Baker"'],
    ),
    "no whole number": (
        changed(lambda d: d["services"][0].update(minutes=True)),
        ["services[0].minutes: a whole number from 1 to 1440 is needed, not true"],
    ),
    "a fraction": (
        changed(lambda d: d["services"][0].update(minutes=45.5)),
        ["services[0].minutes: a whole number from 1 to 1440 is needed, not 45.5"],
    ),
    "a number for yes": (
        changed(lambda d: d["team"][0].update(active=1)),
        ["team[0].active: true or false is needed, not 1"],
    ),
    "a name without a letter": (
        changed(lambda d: d["team"][0].update(name=" \t")),
        [r'team[0].name: " \t" is not a line of text'],
    ),
    "a name of two lines": (
        changed(lambda d: d["team"][0].update(name="Ana\r\nBcc: x")),
        [r'team[0].name: "Ana\r\nBcc: x" is not a line of text'],
    ),
    "half a character": (
        changed(lambda d: d["packages"][0].update(description="\ud800")),
        [r'packages[0].description: "\ud800" is not text'],
    ),
    "an endless name": (
        changed(lambda d: d["services"][0].update(name="x" * 201)),
        ["services[0].name: has 201 characters, and 200 is the most"],
    ),
    "two addresses in one": (
        changed(lambda d: d["clients"][1].update(email="a@example.com,b@example.com")),
        ['clients[1].email: "a@example.com,b@example.com" is not an email address'],
    ),
    "an address twice, in capitals": (
        changed(lambda d: d["clients"][1].update(email=LEE.upper())),
        [f'clients[1].email: "{LEE}" is clients[0]\'s already'],
    ),
    "a client without a name to call them": (
        changed(lambda d: d["clients"].append(lee(email=None))),
        ["clients[2].key: is missing: without an email address it's needed"],
    ),
    "a slug with capitals": (
        changed(lambda d: d["packages"].append(d["packages"][0] | {"slug": "Re Set"})),
        ['packages[1].slug: "Re Set" is not a slug (small letters, digits and hyphens)'],
    ),
    "a slug twice": (
        changed(lambda d: d["packages"].append(d["packages"][0])),
        ['packages[1].slug: "reset" is packages[0]\'s already'],
    ),
    "no owner": (
        changed(lambda d: d["team"][0].update(owner=False)),
        ["team: nobody is the owner of the practice"],
    ),
    "an owner who left": (
        changed(lambda d: d["team"][0].update(active=False)),
        ["team[0].active: the owner has to be active"],
    ),
    "a link that runs a script": (
        changed(lambda d: d["services"][0].update(video_link="javascript:alert(1)")),
        ['services[0].video_link: "javascript:alert(1)" is not a web address'],
    ),
    "a language that nobody speaks": (
        changed(lambda d: d["practice"].update(language="qq")),
        ['practice.language: there is no language called "qq"'],
    ),
    "a language that is no tag": (
        changed(lambda d: d["practice"].update(language="en_GB")),
        ['practice.language: "en_GB" is not the tag of a language such as "en" or "en-GB"'],
    ),
    "shared with a role in place of members": (
        changed(lambda d: d["services"][1].update(sharing="members", shared_with=["Coach"])),
        ['services[1].shared_with[0]: nobody on the team has the address "coach"'],
    ),
    "shared with members in place of a role": (
        changed(lambda d: d["services"][1].update(sharing="roles", shared_with=[BEN])),
        [f'services[1].shared_with[0]: no role is called "{BEN}"'],
    ),
    "kept for later, and unknown": (
        changed(lambda d: d["services"][1].update(sharing="all", shared_with=["Baker"])),
        ['services[1].shared_with[0]: nobody on the team and no role is called "Baker"'],
    ),
    "a service that the assigned can't give": (
        changed(lambda d: d["packages"][0].update(assigned_to=CHO)),
        ['packages[0].items[0].service: "intake" is neither Cho Park\'s nor shared with them'],
    ),
    "assigned to an admin": (
        changed(lambda d: d["packages"][0].update(assigned_to=DEE)),
        ["packages[0].assigned_to: Dee Novak is an admin, and sessions are with practitioners"],
    ),
    "an item twice": (
        changed(lambda d: d["packages"][0]["items"].append(d["packages"][0]["items"][1])),
        ['packages[0].items[2].service: "follow-up" is packages[0].items[1]\'s already'],
    ),
    "somebody's hours twice": (
        changed(lambda d: d["availability"].append(d["availability"][0])),
        [f'availability[3].member: "{ANA}" is availability[0]\'s already'],
    ),
    "hours for a service that isn't there": (
        changed(lambda d: d["availability"][0]["weekly"][0].update(services=["massage"])),
        ['availability[0].weekly[0].services[0]: no service has the slug "massage"'],
    ),
    "from as late as to": (
        changed(
            lambda d: d["availability"][0].update(
                overrides=[{"date": "2027-03-15", "hours": [["10:00", "10:00"], ["9:00", "10:00"]]}]
            )
        ),
        [
            "availability[0].overrides[0].hours[0]: “from” must be before “to”",
            'availability[0].overrides[0].hours[1][0]: "9:00" is not a time of day such as "09:00"',
        ],
    ),
    "the end of a day for a beginning": (
        changed(lambda d: d["availability"][0]["weekly"][0].update({"from": "24:00"})),
        ['availability[0].weekly[0].from: "24:00" is not a time of day such as "09:00"'],
    ),
    "a fraction of a second": (
        several(booking("2027-03-15T09:00:00.5-04:00", package=None)),
        [
            'bookings[0].start: "2027-03-15T09:00:00.5-04:00" is not a time in whole '
            'seconds with an offset, such as "2027-03-15T10:00:00-04:00"'
        ],
    ),
    "a time that no clock shows": (
        several(booking("2027-03-15T25:00:00-04:00", package=None)),
        ["bookings[0].start: there is no such time as 2027-03-15T25:00:00-04:00"],
    ),
    "a held session": (
        several(booking(NINE, package=None, status="held")),
        [
            'bookings[0].status: "held" is not one of requested, confirmed, cancelled, completed, '
            "no_show"
        ],
    ),
    "a method that the service doesn't have": (
        several(booking(NINE, package=None, delivery="video")),
        ['bookings[0].delivery: "follow-up" is not offered by "video"'],
    ),
    "two sessions at a time": (
        several(
            booking(HALF_PAST, package=None, client=KIM, service="intake"),
            booking(NINE, package=None),
            booking(NINE, package=None, practitioner=BEN),
            booking(NINE, package=None, status="cancelled"),
        ),
        [f"bookings[0]: overlaps bookings[1]: {ANA} is busy then, buffers included"],
    ),
    "two sessions whose buffers overlap": (
        several(
            booking(NINE, package=None, buffer_after=45),
            booking("2027-03-15T10:30:00-04:00", package=None),
        ),
        [f"bookings[1]: overlaps bookings[0]: {ANA} is busy then, buffers included"],
    ),
    "a package that the client doesn't have": (
        several(booking(NINE, client=KIM)),
        [f'bookings[0].package: {KIM} has no package "reset"'],
    ),
    "more sessions than the package has": (
        several(
            booking(NINE),
            booking("2027-03-16T09:00:00-04:00"),
            booking("2027-03-17T09:00:00-04:00", status="cancelled"),
            client_packages=ONE_LEFT,
        ),
        [f'bookings[1].package: no session of "follow-up" is left in {LEE}\'s package "reset"'],
    ),
    "a session of what isn't in the package": (
        several(booking(NINE, service="intake"), client_packages=ONE_LEFT),
        [f'bookings[0].package: no session of "intake" is left in {LEE}\'s package "reset"'],
    ),
    "the second of one package": (
        several(booking(NINE, package_number=2)),
        ['bookings[0].package_number: there is no "reset" number 2 of this client'],
    ),
    "a client's package of what isn't there": (
        changed(
            lambda d: d["client_packages"][0].update(
                items=[{"service": "massage", "sessions": -1}], assigned_to="eli@example.com"
            )
        ),
        [
            'client_packages[0].assigned_to: nobody on the team has the address "eli@example.com"',
            'client_packages[0].items[0].service: no service has the slug "massage"',
            "client_packages[0].items[0].sessions: a whole number from 0 to 100000 is needed, "
            "not -1",
        ],
    ),
    "an odd key": (
        changed(lambda d: d["practice"].update({"a\nb": 1})),
        [r'practice["a\nb"]: is not a key of this format'],
    ),
}


@pytest.mark.parametrize(("document", "lines"), ALONE.values(), ids=list(ALONE))
def test_a_fault_alone_is_named_alone(document: Any, lines: list[str]) -> None:
    with pytest.raises(WrongClinicFile) as caught:
        clinic_file.check(deepcopy(document), NOW)
    assert caught.value.faults == lines


@pytest.mark.parametrize("document", [clinic(), whole_clinic()], ids=["plain", "whole"])
def test_what_the_faults_were_made_from_has_none(document: Document) -> None:
    clinic_file.check(document, NOW)


def test_a_session_may_not_overlap_one_that_is_stored(
    load: Load, faults: Callable[[Any], list[str]]
) -> None:
    load(several(booking(NINE, package=None)))
    again = {"format": "clinic/1", "bookings": [booking(HALF_PAST, package=None)]}
    assert faults(again) == [
        f"bookings[0]: overlaps a session that is stored already: {ANA} is busy then, "
        "buffers included"
    ]


def test_what_is_overbooked_may_overlap_and_stays_so_in_a_dump(
    load: Load, faults: Callable[[Any], list[str]]
) -> None:
    over = [
        booking(NINE, package=None),
        booking(NINE, package=None, client=KIM, overbooked=True),
        booking(HALF_PAST, package=None, overbooked=True),
    ]
    document = several(*over)
    load(document)
    load(document)
    dumped = clinic_file.dump()
    assert [row.get("overbooked") for row in dumped["bookings"]] == [None, True, True]
    load(dumped)
    assert clinic_file.dump() == dumped

    plain = deepcopy(over)
    del plain[1]["overbooked"]
    assert faults({"format": "clinic/1", "bookings": plain}) == [
        f"bookings[1]: overlaps bookings[0]: {ANA} is busy then, buffers included"
    ]
    # What isn't in the file, but stored, may be over others too.
    alone = booking("2027-03-15T11:15:00-04:00", package=None)
    load({"format": "clinic/1", "bookings": [alone | {"overbooked": True}]})
    load({"format": "clinic/1", "bookings": [alone | {"client": KIM}]})
    # One that changes places with the other: both leave the guard's sight before that.
    plain[0]["overbooked"] = True
    load({"format": "clinic/1", "bookings": plain})
    changed_places = [row.get("overbooked") for row in clinic_file.dump()["bookings"]]
    assert changed_places[:3] == [True, None, True]


def test_sessions_may_not_become_fewer_than_are_used(
    load: Load, faults: Callable[[Any], list[str]]
) -> None:
    load(several(booking(NINE), booking("2027-03-16T09:00:00-04:00")))
    assert faults({"format": "clinic/1", "client_packages": ONE_LEFT}) == [
        'client_packages[0].items: 2 sessions of "follow-up" are used or booked, more than 1'
    ]


def test_there_is_one_owner_of_what_is_stored_and_what_comes(
    load: Load, faults: Callable[[Any], list[str]]
) -> None:
    load(clinic())
    ben = clinic()["team"][1] | {"owner": True}
    assert faults({"format": "clinic/1", "team": [ben]}) == [
        f"team[0].owner: there is one owner of a practice, and {ANA} is it already"
    ]
