"""What kind of message one in the outbox is, in words."""

from typing import Any

from flask_babel import lazy_gettext

KINDS = {
    "account_changed": lazy_gettext("Account changed"),
    "assigned_practitioner": lazy_gettext("Session with a colleague, to the one assigned"),
    "booking_accepted": lazy_gettext("Request accepted"),
    "booking_answered_practitioner": lazy_gettext("Request answered, to the practitioner"),
    "booking_cancelled": lazy_gettext("Session cancelled by the clinic"),
    "booking_cancelled_by_client": lazy_gettext("Session cancelled by the client"),
    "booking_cancelled_by_client_practitioner": lazy_gettext(
        "Session cancelled by the client, to the practitioner"
    ),
    "booking_cancelled_practitioner": lazy_gettext("Session cancelled, to the practitioner"),
    "booking_declined": lazy_gettext("Request declined"),
    "booking_lapsed": lazy_gettext("Request not answered"),
    "booking_made": lazy_gettext("Session booked"),
    "booking_made_practitioner": lazy_gettext("Session booked, to the practitioner"),
    "booking_moved": lazy_gettext("Session moved"),
    "booking_moved_by_client": lazy_gettext("Session moved by the client"),
    "booking_moved_practitioner": lazy_gettext("Session moved, to the practitioner"),
    "booking_requested": lazy_gettext("Session requested"),
    "booking_restored": lazy_gettext("Session restored"),
    "booking_restored_practitioner": lazy_gettext("Session restored, to the practitioner"),
    "client_address_changed": lazy_gettext("Client’s address changed"),
    "invite_to_book": lazy_gettext("Invite to book"),
    "package_received": lazy_gettext("Package received"),
    "password_recovery": lazy_gettext("Forgotten password"),
    "reminder": lazy_gettext("Reminder"),
    "running_out": lazy_gettext("Sessions running out"),
    "sign_in_link": lazy_gettext("Sign-in link"),
    "team_invitation": lazy_gettext("Team invitation"),
    "test_message": lazy_gettext("Test"),
}


def kind_in_words(kind: str) -> Any:
    """Return what staff call it; nothing for one written before messages had kinds."""
    return KINDS.get(kind, "")
