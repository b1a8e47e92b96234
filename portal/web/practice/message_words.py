"""What kind of message one in the outbox is, in words."""

from typing import Any

from flask_babel import lazy_gettext

from portal.mail.client_messages import CLIENT_MESSAGES

KINDS = {kind: message.name for kind, message in CLIENT_MESSAGES.items()} | {
    "account_changed": lazy_gettext("Account changed"),
    "assigned_practitioner": lazy_gettext("Session with a colleague, to the one assigned"),
    "booking_answered_practitioner": lazy_gettext("Request answered, to the practitioner"),
    "booking_cancelled_by_client_practitioner": lazy_gettext(
        "Session cancelled by the client, to the practitioner"
    ),
    "booking_cancelled_practitioner": lazy_gettext("Session cancelled, to the practitioner"),
    "booking_made_practitioner": lazy_gettext("Session booked, to the practitioner"),
    "booking_moved_practitioner": lazy_gettext("Session moved, to the practitioner"),
    "booking_restored_practitioner": lazy_gettext("Cancellation taken back, to the practitioner"),
    "password_recovery": lazy_gettext("Forgotten password"),
    "team_invitation": lazy_gettext("Team invitation"),
    "test_message": lazy_gettext("Test"),
}


def kind_in_words(kind: str) -> Any:
    """Return what staff call it; nothing for one written before messages had kinds."""
    return KINDS.get(kind, "")
