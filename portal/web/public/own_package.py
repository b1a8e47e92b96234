"""A client who is signed in books from the package they have, wherever they come from."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from portal.errors import Gone
from portal.queries.offers import Offer, load_offer
from portal.queries.own_offers import is_usable, load_own_offer_of, used_of
from portal.web.client_here import current_client
from portal.web.request_time import now


@dataclass(frozen=True, slots=True)
class OwnUse:
    """What the page says about the package that is booked from: "2 of 5 used".

    `spent` are services of which no session is left, `new` is where a new package is booked.
    """

    used: int
    total: int
    spent: list[str]
    new: str | None


def offer_here(slug: str, asked: Mapping[str, str]) -> Offer:
    """Return what this visitor books from at a package's page: their own copy, or the template.

    Raises NotFound, and Gone for an archived template where they have no copy.
    """
    client = current_client()
    own = load_own_offer_of(slug, client, asked.get("service", ""), now()) if client else None
    if own is not None and (own.archived or is_usable(own, now())):
        return own
    return require_offered(load_offer(slug, now()))


def require_offered(offer: Offer) -> Offer:
    """Return the offer again. Raises Gone for an archived template; own packages stay bookable."""
    if offer.archived and offer.client_package_id is None:
        raise Gone(
            _(
                "%(package)s is no longer offered by %(practice)s.",
                package=offer.name,
                practice=offer.practice.name,
            )
        )
    return offer


def own_use(offer: Offer) -> OwnUse | None:
    """Return what to say of the signed-in client's own package; None for anything else."""
    client = current_client()
    if client is None or offer.client_package_id is None or offer.client_id != client.id:
        return None
    used, total = used_of(offer.client_package_id)
    return OwnUse(
        used=used,
        total=total,
        spent=[item.service.name for item in offer.items if item.left < 1],
        new=None if offer.archived else url_for("packages.show_new", package=offer.slug),
    )


def beside_own(offer: Offer) -> str | None:
    """Return what a signed-in client should know who is about to book a new package."""
    client = current_client()
    if client is None or offer.client_package_id is not None:
        return None
    own = load_own_offer_of(offer.slug, client, "", now())
    if own is None:
        return None
    expires, practice = own.holder.expires, offer.practice
    if is_usable(own, now()):
        return _("This is a new package, beside the one that you have.")
    if expires is not None and expires < practice.today(now()):
        return _(
            "The package that you have has expired. What you book here is a new one. To have "
            "yours extended, please ask %(practice)s.",
            practice=practice.name,
        )
    return _("All sessions of the package that you have are used. What you book here is a new one.")
