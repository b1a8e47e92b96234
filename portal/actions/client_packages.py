"""A client's own package: copied from the template, and from then on changed for itself."""

from datetime import date, datetime

from portal.mail.outbox import AnySession
from portal.models import (
    Client,
    ClientPackage,
    ClientPackageItem,
    CreditEntry,
    CreditKind,
    Package,
    Why,
)


def copy_for_client(
    session: AnySession,
    package: Package,
    client: Client,
    *,
    started_on: date,
    expires_on: date | None,
    now: datetime,
) -> ClientPackage:
    """Add the client's own copy of the template, as it is now, without credits yet.

    Copied are items, price, limits, assigned practitioner and team booking; sharing and the
    services' own settings stay where they are and are read live. Dates are the clinic's.
    """
    own = ClientPackage(
        client=client,
        package=package,
        assigned_to_id=package.assigned_to_id,
        price=package.price,
        started_on=started_on,
        expires_on=expires_on,
        weekly_limit=package.weekly_limit,
        monthly_limit=package.monthly_limit,
        team_booking_enabled=package.team_booking_enabled,
        team_booking_allow=package.team_booking_allow,
        team_members=list(package.team_members),
        team_roles=list(package.team_roles),
        items=[
            ClientPackageItem(service_id=item.service_id, position=item.position)
            for item in package.items
        ],
        created_at=now,
    )
    session.add(own)
    session.flush()
    return own


def grant_credits(
    session: AnySession, own: ClientPackage, counts: dict[int, int], why: Why, now: datetime
) -> None:
    """Enter the sessions that the package begins with, by service id."""
    session.add_all(
        CreditEntry(
            client_package_id=own.id,
            service_id=service_id,
            kind=CreditKind.GRANT,
            amount=sessions,
            at=now,
            why=why.value,
        )
        for service_id, sessions in counts.items()
    )
