"""Changing the practice: its settings, its logo and its mail server."""

from dataclasses import asdict, dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import not_, update

from portal.actions.activity import record
from portal.actions.pictures import SIDE, picture_type
from portal.actions.versions import require_version
from portal.errors import Refused, WrongField
from portal.mail.outbox import AnySession
from portal.mail.servers import MailServer, settings_row
from portal.models import Act, Confirm, MailSettings, Member, Message, Practice
from portal.queries.outbox import BEING_SENT, CONDITIONS, State
from portal.scheduling.eligibility import Plan
from portal.transaction import transaction

LOGO_BYTES = 300 * 1024


@dataclass(frozen=True, slots=True)
class PracticeSettings:
    """Everything on the settings page; the units are in the names."""

    name: str
    timezone: str
    plan: Plan
    currency: str
    confirm: Confirm
    min_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int
    late_cancel_hours: int
    late_cancel_returns_credit: bool
    late_cancel_forbidden: bool
    cancellation_policy: str
    place: str | None
    video_link: str | None
    accent: str | None
    language: str
    running_out_at: int | None
    # minutes before a session, the longest first
    reminders: list[int]


class ZoneUnconfirmed(Refused):
    """The zone would change, and nobody has said yet that its consequences are meant."""


def change_settings(
    seen: int,
    settings: PracticeSettings,
    confirmed_zone: str | None,
    by: Member,
    now: datetime,
) -> tuple[str, ...]:
    """Store the settings; return the names of those that changed, and so of none when saved twice.

    `seen` is the version that was edited, `confirmed_zone` the zone whose consequences were shown.
    Raises Changed when somebody else saved meanwhile, and ZoneUnconfirmed.
    """
    with transaction() as session:
        practice = _locked(session)
        changed = tuple(
            name for name, value in asdict(settings).items() if getattr(practice, name) != value
        )
        if not changed:
            return ()
        require_version(practice, seen)
        if "timezone" in changed and settings.timezone != confirmed_zone:
            raise ZoneUnconfirmed(_("Changing the time zone changes more than it seems."))
        for name in changed:
            setattr(practice, name, getattr(settings, name))
        record(session, Act.SETTINGS_CHANGED, practice, now, by=by, fields=list(changed))
    return changed


def change_logo(seen: int, content: bytes, by: Member, now: datetime) -> None:
    """Store the picture as the practice's logo.

    What it is, is told from its content and not from its name. Raises WrongField for anything but
    a PNG, JPEG or WebP of a moderate size, and Changed when somebody else saved meanwhile.
    """
    if len(content) > LOGO_BYTES:
        raise WrongField(
            "logo",
            _("Please use a smaller file: at most %(number)d KB.", number=LOGO_BYTES // 1024),
        )
    media_type = picture_type(content)
    if media_type is None:
        raise WrongField(
            "logo",
            _(
                "Please choose a picture: PNG, JPEG or WebP, at most %(number)d pixels wide and "
                "high.",
                number=SIDE,
            ),
        )
    _store_logo(seen, content, media_type, by, now)


def remove_logo(seen: int, by: Member, now: datetime) -> None:
    """Go back to the portal's own mark. Raises Changed when somebody else saved meanwhile."""
    _store_logo(seen, None, None, by, now)


def change_mail_settings(server: MailServer, by: Member, now: datetime) -> None:
    """Send through this server from now on; every process sees it with its next message.

    What waits for its next attempt is due at once: the last one failed with the server before.
    """
    with transaction() as session:
        practice = _locked(session)
        session.merge(settings_row(server))
        waits = CONDITIONS[State.WAITING] & not_(BEING_SENT) & (Message.attempts > 0)
        session.execute(update(Message).where(waits).values(due_at=now))
        record(session, Act.MAIL_SETTINGS_CHANGED, practice, now, by=by)


def remove_mail_settings(by: Member, now: datetime) -> None:
    """Forget the mail server with its password; mail waits until there's another one."""
    with transaction() as session:
        practice = _locked(session)
        row = session.get(MailSettings, 1)
        if row is not None:
            session.delete(row)
            record(session, Act.MAIL_SETTINGS_CHANGED, practice, now, by=by, removed=True)


def _store_logo(
    seen: int, content: bytes | None, media_type: str | None, by: Member, now: datetime
) -> None:
    with transaction() as session:
        practice = _locked(session)
        require_version(practice, seen)
        practice.logo, practice.logo_type = content, media_type
        record(session, Act.SETTINGS_CHANGED, practice, now, by=by, fields=["logo"])


def _locked(session: AnySession) -> Practice:
    return session.get_one(Practice, 1, with_for_update={"of": Practice})
