"""What a new clinic still lacks, asked of the data each time: nothing is ticked off by hand."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, literal, select

from portal.db import db
from portal.mail.servers import from_environment
from portal.models import (
    Client,
    Invite,
    MailSettings,
    Member,
    Package,
    Practice,
    Right,
    Service,
    ShortLink,
    TeamInvitation,
    WeeklyHours,
)
from portal.scheduling.eligibility import Kind, Plan, Sharing


class Step(StrEnum):
    """What there is to do, in the order in which it's done best."""

    SERVICE = "service"
    HOURS = "hours"
    COLLEAGUE = "colleague"
    SHARING = "sharing"
    PACKAGE = "package"
    LINK = "link"
    MAIL = "mail"
    LOGO = "logo"


NEEDS = {
    Step.SERVICE: Right.OFFERS,
    Step.COLLEAGUE: Right.TEAM,
    Step.SHARING: Right.OFFERS,
    Step.PACKAGE: Right.OFFERS,
    Step.LINK: Right.OFFERS,
    Step.MAIL: Right.SETTINGS,
    Step.LOGO: Right.SETTINGS,
}
"""The right that each step needs; hours are one's own."""

FOR_A_TEAM = {Step.COLLEAGUE, Step.SHARING}


@dataclass(frozen=True, slots=True)
class StepState:
    """One step, and whether it's done. `package_id`: the package whose link can be shared."""

    step: Step
    done: bool
    package_id: int | None = None


def load_next_steps(member: Member) -> tuple[StepState, ...]:
    """The steps that the member may take; none for somebody whose role has no rights. One query."""
    steps = [step for step in Step if step in NEEDS and member.may(NEEDS[step])]
    if steps and member.kind is Kind.PRACTITIONER:
        steps.append(Step.HOURS)
    if not steps:
        return ()
    facts = {step: condition.label(step.value) for step, condition in _done(member).items()}
    newest = select(func.max(Package.id)).where(Package.archived_at.is_(None)).scalar_subquery()
    row = db.session.execute(
        select(Practice.plan, newest.label("newest"), *facts.values()).where(Practice.id == 1)
    ).one()
    return tuple(
        StepState(step, bool(getattr(row, step.value)), row.newest)
        for step in Step
        if step in steps and (row.plan is Plan.TEAM or step not in FOR_A_TEAM)
    )


def _done(member: Member) -> dict[Step, ColumnElement[bool]]:
    """What says of each step that it's done."""
    others = exists().where(Member.id != member.id)
    mail = literal(True) if from_environment() else exists().where(MailSettings.id == 1)
    return {
        Step.SERVICE: exists().where(Service.archived_at.is_(None)),
        Step.HOURS: exists().where(WeeklyHours.member_id == member.id),
        Step.COLLEAGUE: others | exists().where(TeamInvitation.revoked_at.is_(None)),
        Step.SHARING: exists().where(Service.sharing != Sharing.PRIVATE),
        Step.PACKAGE: exists().where(Package.archived_at.is_(None)),
        Step.LINK: exists(select(ShortLink.id))
        | exists(select(Invite.id))
        | exists(select(Client.id)),
        Step.MAIL: mail,
        Step.LOGO: Practice.logo_type.is_not(None),
    }
