"""Two people who edit the same thing: the second is told, and loses nothing."""

from flask_babel import gettext as _

from portal.errors import Changed
from portal.models import Client, ClientPackage, Package, Practice, Service


def require_version(row: Package | Service | Practice | Client | ClientPackage, seen: int) -> None:
    """Let whoever saw the present version change the row, and count the change.

    Call it on a row that is locked in the act's transaction. Raises Changed where somebody else
    saved since `seen` was shown.
    """
    require_same(row.version, seen)
    row.version += 1


def require_same(stored: int | str, seen: int | str) -> None:
    """Let whoever saw what is stored go on: a version, or a fingerprint of the values.

    Call it where what is stored can't change any more. Raises Changed.
    """
    if stored != seen:
        raise Changed(
            _(
                "Somebody else saved changes while you were editing. What you typed is still here: "
                "compare it with what is stored now, and save again to keep yours."
            )
        )
