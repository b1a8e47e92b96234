"""Adding, changing, accepting, deactivating and exporting clients, and who may see them."""

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from portal.actions.clients import (
    About,
    KnownAddress,
    accept_client,
    add_client,
    change_client,
    deactivate_client,
    end_access,
    export_clients,
    reactivate_client,
)
from portal.actions.inviting import invite_to_book
from portal.db import db
from portal.errors import Changed, NotFound, Unsettled
from portal.models import (
    Activity,
    Client,
    ClientLink,
    ClientPackage,
    ClientSignIn,
    Message,
    Package,
    PrivateLink,
)
from portal.queries.bookings import find_by_token
from portal.queries.clients import visible_clients
from portal.queries.clients_page import Shown, load_client, load_clients
from portal.queries.leaving_page import load_leaving_page
from portal.queries.staff_bookings import find_booking_for_staff
from portal.tokens import new_token, token_hash
from portal.transaction import transaction
from tests.actions.sessions import TEN, acts, book_follow_up, mails, member, outside_any_package
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee
from tests.mail.calendars import only_event
from tests.mail.laid_out import calendar_of, html_of, text_of

Clinic = Callable[..., None]
KIM = About("Kim Sørensen", "kim@example.com", "+1 212 555 0199", "Europe/Lisbon", "Likes tea.")


def client(email: str = LEE) -> Client:
    return db.session.scalars(select(Client).where(Client.email == email)).one()


def give_package(of: Client, to: str) -> None:
    """A package of the client's that is assigned to a practitioner."""
    client_id, assigned = of.id, member(to).id
    with transaction() as session:
        session.add(
            ClientPackage(
                client_id=client_id,
                package_id=session.scalars(select(Package.id)).one(),
                assigned_to_id=assigned,
                started_on=NOW.date(),
                created_at=NOW,
            )
        )


def visible_to(email: str) -> set[str]:
    query = select(Client.name).where(Client.id.in_(visible_clients(member(email))))
    return set(db.session.scalars(query))


def test_whoever_adds_a_client_accepts_them(clinic: Clinic) -> None:
    clinic()
    added = add_client(KIM, member(BEN), NOW)
    assert (added.name, added.email, added.phone) == (KIM.name, KIM.email, KIM.phone)
    assert (added.timezone, added.notes, added.accepted_at) == (KIM.timezone, KIM.notes, NOW)
    assert acts()[-1] == "client.added"


def test_an_address_belongs_to_one_client(clinic: Clinic) -> None:
    clinic(clients=[lee(), lee(name="Kim", email="kim@example.com")])
    with pytest.raises(KnownAddress) as known:
        add_client(KIM, member(BEN), NOW)
    assert known.value.client_id == client("kim@example.com").id
    with pytest.raises(KnownAddress):
        change_client(client().id, KIM, 1, member(BEN), NOW)
    # Of a client who isn't Ben's he learns no more than that.
    give_package(client("kim@example.com"), ANA)
    with pytest.raises(KnownAddress) as known:
        add_client(KIM, member(BEN), NOW)
    assert known.value.client_id is None


def test_the_second_of_two_who_edit_a_client_is_told(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    change_client(client().id, About("Lee", LEE, None, None), 1, member(ANA), NOW)
    with pytest.raises(Changed):
        change_client(client().id, About("Leigh", LEE, None, None), 1, member(BEN), NOW)
    assert (client().name, client().version) == ("Lee", 2)
    details = db.session.scalars(select(Activity.details).order_by(Activity.id.desc())).first()
    assert details == {"fields": ["name"]}


def test_another_address_ends_what_the_former_one_could_open(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    lees = sign_in_and_link(client())
    change_client(lees, About("Lee Park", LEE, "+1 212 555 0100", None), 1, member(ANA), NOW)
    assert still_open(lees) == (True, True)
    assert mails() == []
    change_client(lees, About("Lee Park", "new@example.com", None, None), 2, member(ANA), NOW)
    assert still_open(lees) == (False, False)
    told = (LEE, "Your email address at Riverside Clinic was changed")
    assert mails() == [told]
    # Whoever had none isn't told, and whoever loses theirs is.
    change_client(lees, About("Lee Park", None, None, None), 3, member(ANA), NOW)
    change_client(lees, About("Lee Park", LEE, None, None), 4, member(ANA), NOW)
    assert mails() == [told, ("new@example.com", told[1])]


def test_what_could_not_be_sent_goes_to_the_address_that_is_right(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    lees, ana = client().id, member(ANA)
    for _ in range(4):
        invite_to_book(1, lees, "", new_token(), ana, NOW)
    rows = db.session.scalars(select(Message).order_by(Message.id)).all()
    state: list[dict[str, Any]] = [
        {"failed_at": NOW, "last_error": "550 No such user"},
        {"attempts": 1, "last_error": "451 Later"},
        {"attempts": 1},
        {"sent_at": NOW},
    ]
    with transaction() as session:
        for row, values in zip(rows, state, strict=True):
            session.execute(update(Message).where(Message.id == row.id).values(values))
        # A colleague at the same address, of whom it isn't known that theirs is wrong.
        to_ana = {"kind": "booking_made_practitioner", "failed_at": NOW, "last_error": "550"}
        session.add(letter("colleague", **to_ana))
    change_client(lees, About("Lee Park", "new@example.com", None, None), 1, ana, NOW)
    told = db.session.scalars(select(Message.recipient).order_by(Message.id)).all()
    assert told == ["new@example.com", "new@example.com", LEE, LEE, LEE, LEE]


def test_a_mail_that_goes_to_the_right_address_has_links_that_open(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booking = book_follow_up()
    mail = db.session.scalars(select(Message).where(Message.kind == "booking_requested")).one()
    (former,) = set(re.findall(r"/bookings/([\w-]{22})", text_of(mail) + html_of(mail)))
    looks_like_one = f"/bookings/{new_token()}"
    with transaction():
        mail.failed_at = NOW
        mail.facts = mail.facts.replace('"words":"', f'"words":"{looks_like_one} ')
    known = client()
    about = About(known.name, "new@example.com", known.phone, known.timezone, known.notes)
    change_client(known.id, about, known.version, member(ANA), NOW)
    assert looks_like_one in text_of(mail)
    text_, html = (made.replace(looks_like_one, "") for made in (text_of(mail), html_of(mail)))
    (new,) = set(re.findall(r"/bookings/([\w-]{22})", text_ + html))
    # To the session, and to book the next one: as a text, and behind it.
    assert (text_.count(new), html.count(new)) == (2, 4)
    assert find_by_token(new, NOW).id == booking.id
    assert not opens(former)
    # A calendar shows an invitation to whoever is invited, by the address that it knows.
    [invited] = only_event(calendar_of(mail)).attendees
    assert invited.uri == "mailto:new@example.com"


def letter(event: str, **values: Any) -> Message:
    texts = {"subject": "New booking", "facts": "{}"}
    sent = {"recipient": LEE, "created_at": NOW, "due_at": NOW}
    return Message(event=event, message_id=f"<{event}@localhost>", **texts, **sent, **values)


def sign_in_and_link(of: Client) -> int:
    client_id, later = of.id, NOW + timedelta(days=1)
    values = {"client_id": client_id, "created_at": NOW, "expires_at": later}
    with transaction() as session:
        session.add(ClientSignIn(token_hash=f"signed in {client_id}", **values))
        session.add(ClientLink(token_hash=f"link {client_id}", **values))
    return client_id


def still_open(client_id: int) -> tuple[bool, bool]:
    sign_in = db.session.scalars(
        select(ClientSignIn).where(ClientSignIn.token_hash == f"signed in {client_id}")
    ).one()
    link = db.session.scalars(
        select(ClientLink).where(ClientLink.token_hash == f"link {client_id}")
    ).one()
    return sign_in.ended_at is None, link.expires_at > NOW


def test_a_prospective_client_is_accepted_once(clinic: Clinic) -> None:
    clinic(clients=[lee(prospective=True)])
    assert load_clients(member(BEN), Shown.PROSPECTIVE, "", 1).counts[Shown.PROSPECTIVE] == 1
    accept_client(client().id, member(BEN), NOW)
    accept_client(client().id, member(BEN), NOW + timedelta(1))
    assert client().accepted_at == NOW
    assert acts().count("client.accepted") == 1
    assert load_clients(member(BEN), Shown.PROSPECTIVE, "", 1).counts[Shown.PROSPECTIVE] == 0


def test_deactivating_cancels_nothing_in_silence(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    coming = outside_any_package(BEN, TEN)
    outside_any_package(BEN, TEN + timedelta(days=1), cancelled_at=NOW)
    lees = sign_in_and_link(client())
    assert [each.id for each in load_client(lees, member(ANA), NOW).coming] == [coming]
    with pytest.raises(Unsettled):
        deactivate_client(lees, [], member(ANA), NOW)
    assert client().deactivated_at is None
    deactivate_client(lees, [coming], member(ANA), NOW)
    assert client().deactivated_at == NOW
    assert still_open(lees) == (False, False)
    assert load_client(lees, member(ANA), NOW).coming
    reactivate_client(lees, member(ANA), NOW)
    assert client().deactivated_at is None
    assert acts()[-2:] == ["client.deactivated", "client.reactivated"]


def test_a_session_makes_no_client_of_a_colleague_s_package_one_s_own(clinic: Clinic) -> None:
    clinic(clients=[lee()], dee_may=["clients"])
    assert visible_to(BEN) == visible_to(CHO) == {"Lee Park"}  # somebody new
    bens = outside_any_package(BEN, TEN)
    assert (visible_to(BEN), visible_to(CHO)) == ({"Lee Park"}, set())
    give_package(client(), ANA)
    assert (visible_to(BEN), visible_to(ANA), visible_to(DEE)) == (
        set(),
        {"Lee Park"},
        {"Lee Park"},
    )
    # The session is Ben's all the same, with the client's name; the client isn't.
    found = find_booking_for_staff(bens, member(BEN)).client
    assert found
    assert found.name == "Lee Park"
    [line] = load_leaving_page(member(BEN).id, member(BEN), NOW, 1, None).every_session
    assert line.client == "Lee Park"
    for act in (
        lambda: load_client(client().id, member(BEN), NOW),
        lambda: change_client(client().id, KIM, 1, member(BEN), NOW),
        lambda: accept_client(client().id, member(BEN), NOW),
    ):
        with pytest.raises(NotFound):
            act()
    give_package(client(), BEN)
    assert visible_to(BEN) == {"Lee Park"}


def test_scenario_34_a_session_makes_no_client_one_s_own_who_is_a_colleague_s_too(
    clinic: Clinic,
) -> None:
    clinic(clients=[lee()])
    outside_any_package(CHO, TEN, cancelled_at=NOW)
    outside_any_package(BEN, TEN)
    assert (visible_to(BEN), visible_to(CHO), visible_to(ANA)) == (set(), set(), {"Lee Park"})
    with pytest.raises(NotFound):
        change_client(client().id, KIM, 1, member(BEN), NOW)
    assert client().email == LEE


def reads_notes(email: str) -> bool:
    return load_client(client().id, member(email), NOW).reads_notes


def test_notes_are_for_those_whose_client_it_is(clinic: Clinic) -> None:
    clinic(clients=[lee(notes="Likes tea.")], dee_may=["clients"])
    # Lee is new: seen by all, but nobody's.
    assert [reads_notes(email) for email in (ANA, DEE, BEN)] == [True, True, False]
    change_client(client().id, About("Lee P.", LEE, None, None, "Mine"), 1, member(BEN), NOW)
    assert (client().name, client().notes) == ("Lee P.", "Likes tea.")
    change_client(client().id, About("Lee P.", LEE, None, None), 2, member(BEN), NOW)
    assert (client().notes, client().version) == ("Likes tea.", 2)
    outside_any_package(BEN, TEN)
    assert reads_notes(BEN)
    give_package(client(), CHO)
    assert reads_notes(CHO)
    change_client(client().id, About("Lee P.", LEE, None, None, "Shy."), 2, member(CHO), NOW)
    assert client().notes == "Shy."


def test_the_list_is_searched_by_name_address_and_phone(clinic: Clinic) -> None:
    people = [
        lee(phone="+1 212 555 0114"),
        lee(name="élise Roy", email="e@x.org"),
        lee(name="Kim", email=None, key="kim", active=False),
    ]
    clinic(clients=people)

    def found(words: str, shown: Shown = Shown.EVERYBODY) -> list[str]:
        return [each.name for each in load_clients(member(ANA), shown, words, 1).clients.shown]

    assert found("") == ["Kim", "Lee Park", "élise Roy"]
    assert found("0114") == found("lee@ park") == ["Lee Park"]
    assert found("ÉLISE") == ["élise Roy"]
    assert found("", Shown.DEACTIVATED) == ["Kim"]


def test_what_a_client_is_found_by_changes_with_them(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    added = add_client(KIM, member(ANA), NOW)
    about = replace(KIM, name="Kim ÅSTRÖM", email="KIM@x.org".lower(), phone="0114")
    change_client(added.id, about, added.version, member(ANA), NOW)

    def found(words: str) -> list[str]:
        return [
            each.name for each in load_clients(member(ANA), Shown.EVERYBODY, words, 1).clients.shown
        ]

    assert found("åström KIM@X.org 0114") == found("Åström") == ["Kim ÅSTRÖM"]
    assert found("sørensen") == found("kim@example.com") == found("0199") == []
    assert found("ström\nkim") == ["Kim ÅSTRÖM"], "two words"
    assert found("%") == found("_") == [], "signs that stand for others in SQL"


def test_whoever_is_written_without_the_orm_is_found_too(clinic: Clinic) -> None:
    clinic(clients=[])
    with transaction() as session:
        session.execute(insert(Client).values(name="Kim ÅSTRÖM", email="k@x.org", created_at=NOW))
    row = client("k@x.org")
    assert (row.name_key, row.found_by) == ("kim åström", "kim åström\nk@x.org\n")
    with transaction() as session:
        session.expire_all()
        session.get_one(Client, row.id).name = "Kim"
    assert client("k@x.org").found_by == "kim\nk@x.org\n"


@pytest.mark.parametrize("way", ["booked", "given a package", "moved to another client"])
def test_whoever_has_had_anything_is_new_no_longer(clinic: Clinic, way: str) -> None:
    """The database says so itself, whoever writes."""
    clinic(clients=[lee(), lee(name="Kim", email="kim@example.com")])
    assert client().is_new
    assert client("kim@example.com").is_new
    if way == "given a package":
        give_package(client(), ANA)
    else:
        outside_any_package(ANA, TEN)
    if way == "moved to another client":
        ids = {"new": client("kim@example.com").id, "old": client().id}
        with transaction() as session:
            session.execute(text("UPDATE booking SET client_id = :new WHERE client_id = :old"), ids)
    db.session.expire_all()
    assert not client().is_new
    assert client("kim@example.com").is_new == (way != "moved to another client")
    assert visible_to(CHO) == (set() if way == "moved to another client" else {"Kim"})


def test_an_export_has_the_clients_one_may_see_and_is_recorded(clinic: Clinic) -> None:
    clinic(clients=[lee(notes="Likes tea."), lee(name="Old", email="o@x.org", active=False)])
    rows = export_clients(member(ANA), NOW)
    assert [(row.name, row.notes, row.state) for row in rows] == [
        ("Lee Park", "Likes tea.", "active"),
        ("Old", "", "deactivated"),
    ]
    give_package(client(), ANA)
    assert [row.name for row in export_clients(member(BEN), NOW)] == ["Old"]
    assert acts().count("client.exported") == 2


def test_a_double_click_adds_a_client_without_an_address_once(clinic: Clinic) -> None:
    clinic(clients=[])
    kim = About("Kim", None, "+1 212 555 0199", None)
    first = add_client(kim, member(ANA), NOW)
    assert add_client(kim, member(ANA), NOW + timedelta(seconds=59)).id == first.id
    assert acts().count("client.added") == 1
    # Somebody else of the same name, and the same again on purpose.
    others = (replace(kim, phone=None), NOW), (kim, NOW + timedelta(minutes=1))
    assert len({first.id} | {add_client(about, member(ANA), at).id for about, at in others}) == 3


# Private links (S5)


def opens(token: str) -> bool:
    try:
        return find_by_token(token, NOW).client is not None
    except NotFound:
        return False


def booked_with_link() -> str:
    booking, token = book_follow_up(), new_token()
    with transaction() as session:
        kept = session.scalars(select(PrivateLink)).one()
        assert (kept.booking_id, len(kept.token_hash)) == (booking.id, 64)
        kept.token_hash = token_hash(token)
    return token


def test_a_link_to_a_session_has_128_random_bits_of_which_a_hash_is_kept() -> None:
    tokens = {new_token() for _number in range(1000)}
    assert len(tokens) == 1000
    assert {len(base64.urlsafe_b64decode(f"{token}==")) * 8 for token in tokens} == {128}


def test_a_link_to_a_session_ends_some_time_after_it(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = booked_with_link()
    expires = db.session.scalars(select(PrivateLink.expires_at)).one()
    assert expires is not None
    assert find_by_token(token, expires - timedelta(seconds=1))
    with pytest.raises(NotFound):
        find_by_token(token, expires)


def test_ending_a_clients_access_ends_links_and_sign_ins_and_is_recorded(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = booked_with_link()
    sign_in = ClientSignIn(
        client_id=client().id, token_hash="x", created_at=NOW, expires_at=NOW + timedelta(days=1)
    )
    with transaction() as session:
        session.add(sign_in)
    assert opens(token)
    end_access(client().id, member(ANA), NOW)
    assert not opens(token)
    assert sign_in.ended_at == NOW
    assert acts()[-1] == "client.access_ended"
    with pytest.raises(NotFound):
        end_access(client().id, member(CHO), NOW)


def test_with_a_new_address_the_links_that_the_former_one_got_are_void(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = booked_with_link()
    known = client()
    about = About(known.name, LEE, "+1 212 555 0100", known.timezone, known.notes)
    change_client(known.id, about, known.version, member(ANA), NOW)
    assert opens(token), "another telephone number changes nothing about links"
    about = replace(about, email="new@example.com")
    change_client(known.id, about, known.version, member(ANA), NOW)
    assert not opens(token)
