"""Is the site where it says it is? Its address and the proxies in front have to fit together."""

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app

from portal.health.faults import Fault

PROXIES = "proxies"


def base_url_is_public(now: datetime) -> Sequence[Fault]:
    """Links in mail lead to the site from anywhere, and nobody on the way can read them."""
    address = urlsplit(current_app.config["BASE_URL"])
    mend = "Set BASE_URL to the site's public address, such as https://book.example.com."
    if is_local(address.hostname or ""):
        sentence = f"BASE_URL is {address.geturl()}, so links in mail work on this machine alone."
        return [Fault("base_url", sentence, mend)]
    if address.scheme != "https":
        sentence = f"BASE_URL is {address.geturl()}: private links and passwords can be read on "
        sentence += "their way."
        return [Fault("base_url", sentence, f"Put a proxy with TLS in front. {mend}")]
    return []


def proxies_are_counted(now: datetime) -> Sequence[Fault]:
    """TRUSTED_PROXIES is plausible: the site speaks no TLS itself, so https means a proxy."""
    config = current_app.config
    address, proxies = urlsplit(config["BASE_URL"]), config["TRUSTED_PROXIES"]
    if address.scheme == "https" and not proxies:
        sentence = "BASE_URL is https, so a proxy is in front, and TRUSTED_PROXIES is 0: all "
        sentence += "visitors seem to be one, and share the limits of one."
        return [Fault(PROXIES, sentence, "Set TRUSTED_PROXIES to the number of proxies, often 1.")]
    if proxies and is_local(address.hostname or ""):
        sentence = f"TRUSTED_PROXIES is {proxies}, and BASE_URL says that nothing is in front: "
        sentence += "a visitor could claim to be anybody."
        return [Fault(PROXIES, sentence, "Set TRUSTED_PROXIES to 0, or BASE_URL to the proxy's.")]
    return []


def is_local(host: str) -> bool:
    """Say whether the name leads to the machine that asks."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
