"""What is typed about the team: members, invitations, roles, and what becomes of who leaves."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import BooleanField, Field, ValidationError

from portal.actions.cancelling import REASON_CHARACTERS
from portal.actions.team import About
from portal.errors import WrongField
from portal.models import Member, Right, Role
from portal.queries.team import kind_words
from portal.scheduling.eligibility import Kind
from portal.web.forms.account import NewPasswordForm
from portal.web.forms.fields import Address, Choice, Line, Lines, Several
from portal.web.forms.form import Form
from portal.web.practice.addresses import row_and_second, row_id


def role_or_none(word: str) -> int | None:
    """Return the number of a role, None for no role. Raises ValueError for what is neither."""
    return row_id(word) if word else None


class MemberForm(Form):
    """A member, or somebody who is invited to become one."""

    name = Line(label=lazy_gettext("Name"))
    email = Address(label=lazy_gettext("Email"))
    role = Choice(label=lazy_gettext("Role"), of=role_or_none)
    kind = Choice(label=lazy_gettext("Kind"), of=Kind)

    @classmethod
    def of(cls, member: Member) -> "MemberForm":
        """Return the form with what is stored about the member."""
        return cls(
            data={
                "name": member.name,
                "email": member.email,
                "role": member.role_id or "",
                "kind": member.kind.value,
            }
        )

    def others(self, stored: Member) -> list[tuple[str, str]]:
        """Return what is stored by now and isn't what was typed: pairs of label and words."""
        role = stored.role.name if stored.role else _("No role")
        values: list[tuple[Field, str, str]] = [
            (self.name, stored.name, stored.name),
            (self.email, stored.email, stored.email),
            (self.role, str(stored.role_id or ""), role),
            (self.kind, stored.kind.value, kind_words(stored.kind)),
        ]
        return [
            (str(field.label.text), words)
            for field, value, words in values
            if str(field.data or "") != value
        ]

    def about(self) -> About:
        """Return what was typed, of a form that is valid."""
        return About(self.name.value, self.email.value, self.role.value, self.kind.value)


class JoinForm(NewPasswordForm):
    """Name and password of whoever joins the team."""

    name = Line(label=lazy_gettext("Name"))


class RoleForm(Form):
    """A role's name and what it lets its members do."""

    name = Line(label=lazy_gettext("Name"), most=100)
    rights = Several(label=lazy_gettext("What its members may do"), of=Right)

    @classmethod
    def of(cls, role: Role | None) -> "RoleForm":
        """Return the form with what is stored of the role; an empty one for None."""
        return cls(data={"name": role.name, "rights": list(role.rights)} if role else None)


class HandOverForm(Form):
    """Who takes something over; `outside` confirms somebody whom clients couldn't choose."""

    to = Choice(label=lazy_gettext("Colleague"), of=row_id)
    outside = BooleanField()


class CancelForm(Form):
    """Why a session is cancelled."""

    reason = Lines(label=lazy_gettext("Reason"), most=REASON_CHARACTERS)


class CancelSeveralForm(CancelForm):
    """Which sessions are cancelled, each as `session@start`, and why; `off`: for time off too."""

    session = Several(of=row_and_second)
    off = BooleanField()

    def validate_session(self, field: Several) -> None:
        """Refuse to cancel none."""
        if not field.values and not field.errors:
            raise ValidationError(_("Please choose at least one session."))


class DeactivationForm(Form):
    """Which sessions stay with a member who leaves."""

    keep = Several(of=row_id)


class ConfirmForm(Form):
    """A tick for what can't be taken back by oneself."""

    sure = BooleanField()

    def validate_sure(self, field: Field) -> None:
        """It's ticked."""
        if not field.data:
            raise ValidationError(_("Please tick the box to confirm."))


def take_refusal(form: Any, refusal: WrongField) -> None:
    """Show the act's sentence beside the field that it's about."""
    form[refusal.field].errors = [str(refusal)]
