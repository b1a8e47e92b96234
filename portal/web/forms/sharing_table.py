"""The table of sharing: for each service a choice and ticks, for as many at once as are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from portal.actions.service_sharing import SharingChange
from portal.errors import Refused
from portal.queries.sharing_table import Row
from portal.scheduling.eligibility import Sharing
from portal.web.practice.addresses import row_id


@dataclass(frozen=True, slots=True)
class TypedRow:
    """What one row of the form holds, and what it held when it was shown."""

    id: int
    version: int
    sharing: Sharing
    members: frozenset[int]
    shown: str

    @property
    def changed(self) -> bool:
        """Say whether anything in the row is to be saved."""
        return self.shown != as_shown(self)

    @property
    def error(self) -> str | None:
        """What is wrong with the row, if it's to be saved."""
        if self.changed and self.sharing is Sharing.MEMBERS and not self.members:
            return _("Please tick at least one person, or choose “Private”.")
        return None

    @property
    def change(self) -> SharingChange:
        """What the row asks for."""
        return SharingChange(self.id, self.version, self.sharing, self.members)


def as_shown(row: TypedRow | Row) -> str:
    """Return a row's choices as one text, to tell later what somebody changed in it."""
    return f"{row.sharing.value}:{','.join(map(str, sorted(row.members)))}"


def read_rows(form: MultiDict[str, str]) -> dict[int, TypedRow]:
    """Return the form's rows by the ids of their services. Raises Refused for a made-up one."""
    try:
        return {row.id: row for row in (_read(form, id_) for id_ in form.getlist("service"))}
    except (KeyError, ValueError):
        raise Refused(_("That choice couldn’t be read.")) from None


def changes(rows: Sequence[TypedRow]) -> list[SharingChange]:
    """Return what is to be saved. A row that nobody touched stays, whoever changed it meanwhile."""
    return [row.change for row in rows if row.changed]


def _read(form: MultiDict[str, str], word: str) -> TypedRow:
    id_ = row_id(word)
    return TypedRow(
        id=id_,
        version=row_id(form[f"version-{id_}"]),
        sharing=Sharing(form[f"sharing-{id_}"]),
        members=frozenset(map(row_id, form.getlist(f"members-{id_}"))),
        shown=form[f"shown-{id_}"],
    )
