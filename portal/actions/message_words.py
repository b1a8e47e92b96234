"""A practice's own words for a message to clients: saving them, and going back to the portal's."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.actions.activity import record
from portal.actions.versions import require_same
from portal.errors import WrongField
from portal.mail.client_messages import CLIENT_MESSAGES
from portal.mail.outbox import AnySession
from portal.mail.own_words import SUBJECT_CHARACTERS, TEXT_CHARACTERS, OwnWords, fault_in
from portal.models import Act, Member, MessageText, Practice
from portal.queries.message_words import find_message
from portal.transaction import transaction


def save_words(
    kind: str, language: str, own: OwnWords, seen: int, by: Member, now: datetime
) -> None:
    """Let the message begin with these words, in this language, from now on.

    `seen` is the version that the editor showed, 0 for the portal's own words. The same words
    again change nothing. Raises NotFound, WrongField for words that can't be used, and Changed
    where somebody else saved meanwhile.
    """
    find_message(kind, language)
    require_usable(kind, own)
    with transaction() as session:
        practice, row = _locked(session, kind, language)
        if row is not None and OwnWords(row.subject, row.text) == own:
            return
        require_same(row.version if row else 0, seen)
        if row is None:
            row = MessageText(kind=kind, language=language, version=0)
            session.add(row)
        row.subject, row.text, row.version = own.subject, own.text, row.version + 1
        record(session, Act.MESSAGE_CHANGED, practice, now, by=by, message=kind, language=language)


def use_the_portals_words(kind: str, language: str, seen: int, by: Member, now: datetime) -> None:
    """Forget the practice's words for the message. Raises NotFound, or Changed as `save_words`."""
    find_message(kind, language)
    with transaction() as session:
        practice, row = _locked(session, kind, language)
        if row is None:
            return
        require_same(row.version, seen)
        session.delete(row)
        details: dict[str, Any] = {"message": kind, "language": language, "removed": True}
        record(session, Act.MESSAGE_CHANGED, practice, now, by=by, **details)


def require_usable(kind: str, own: OwnWords) -> None:
    """Let go on with words that can be used. Raises WrongField, which names what can't."""
    most = {"subject": SUBJECT_CHARACTERS, "text": TEXT_CHARACTERS}
    for field, number in most.items():
        words: str = getattr(own, field)
        if not words.strip():
            raise WrongField(field, _("Please fill this in."))
        if len(words) > number:
            raise WrongField(field, _("Please use at most %(number)d characters.", number=number))
        if fault := fault_in(words, CLIENT_MESSAGES[kind].fields):
            raise WrongField(field, fault)


def _locked(session: AnySession, kind: str, language: str) -> tuple[Practice, MessageText | None]:
    """The practice, under whose lock no words change, and the message's own words."""
    practice = session.get_one(Practice, 1, with_for_update={"of": Practice})
    row = session.scalar(
        select(MessageText)
        .where(MessageText.kind == kind, MessageText.language == language)
        .execution_options(populate_existing=True)
    )
    return practice, row
