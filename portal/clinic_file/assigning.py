"""Which client's package each booking of a file belongs to, and whether it has sessions enough."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from portal import models
from portal.clinic_file.faults import Faults, shown
from portal.clinic_file.known import Known
from portal.clinic_file.own import Own, default_choice
from portal.clinic_file.plan import Plan, Visit
from portal.clinic_file.session_rows import SessionRows


def assign(plan: Plan, known: Known, faults: Faults) -> None:
    """Give each booking its client's package, and note those for which there is no session left."""
    owned: defaultdict[tuple[str, str], list[Own]] = defaultdict(list)
    for own in plan.own:
        owned[own.client, own.package].append(own)
    open_visits = []
    for visit in plan.visits:
        package = visit.entry.package
        if package is None:
            continue
        candidates = owned.get((visit.entry.client, package), [])
        if visit.entry.package_number is not None:
            _use(visit, _numbered(visit, candidates, faults))
        elif not _keep(visit, candidates, plan.stored):
            open_visits.append((visit, candidates))
    for visit, candidates in open_visits:
        entry = visit.entry
        day = entry.start.astimezone(known.zone).date()
        _use(visit, default_choice(candidates, entry.service, day, entry.takes_credit))
        if visit.own is None and not plan.unsure:
            _none_left(visit, candidates, known, faults)
    _overdrawn(plan.own, faults)


def _numbered(visit: Visit, candidates: Sequence[Own], faults: Faults) -> Own | None:
    number = visit.entry.package_number or 0
    path, entry = f"{visit.entry.path}.package_number", visit.entry
    if number > len(candidates):
        faults.of_meaning(
            path, f"there is no {shown(entry.package)} number {number} of this client"
        )
        return None
    own = candidates[number - 1]
    if entry.takes_credit and not own.has_left(entry.service):
        faults.of_meaning(path, f"that package has no session of {shown(entry.service)} left")
        return None
    return own


def _keep(visit: Visit, candidates: Sequence[Own], stored: SessionRows) -> bool:
    """A stored booking stays with its package, unless it needs a session and has none there."""
    row = visit.row
    own = next((own for own in candidates if own.row and row and _linked(own.row, row)), None)
    if own is None or row is None or own.row is None:
        return False
    takes_already = stored.takes(row.id, own.row.id, row.service_id)
    if visit.entry.takes_credit and not takes_already and not own.has_left(visit.entry.service):
        return False
    _use(visit, own)
    return True


def _linked(own: models.ClientPackage, row: models.Booking) -> bool:
    return row.client_package_id == own.id


def _use(visit: Visit, own: Own | None) -> None:
    visit.own = own
    if own is not None and visit.entry.takes_credit:
        own.used[visit.entry.service] += 1


def _none_left(visit: Visit, candidates: Sequence[Own], known: Known, faults: Faults) -> None:
    entry = visit.entry
    if entry.client not in (known.clients or {}) or entry.package not in (known.packages or {}):
        return
    path, package = f"{entry.path}.package", shown(entry.package)
    if not candidates:
        faults.of_meaning(path, f"{entry.client} has no package {package}")
    else:
        left = f"no session of {shown(entry.service)} is left"
        faults.of_meaning(path, f"{left} in {entry.client}'s package {package}")


def _overdrawn(owned: Iterable[Own], faults: Faults) -> None:
    for own in owned:
        for service, used in own.used.items():
            total = own.totals.get(service, 0)
            if own.entry is not None and not own.unsure and used > total:
                path = own.entry.path if own.entry.items is None else f"{own.entry.path}.items"
                reason = (
                    f"{used} sessions of {shown(service)} are used or booked, more than {total}"
                )
                faults.of_meaning(path, reason)
