"""No input gives a 500: random requests to every address, by everybody (R13)."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.how_often import tries
from tests.web.everybody import Site, site
from tests.web.random_requests import Known, Request, some_request, walk

__all__ = ["site"]


@pytest.fixture
def known(site: Site) -> Known:
    """What can be sent from the site's pages."""
    found = walk(site)
    site.restore()
    # A 500 is a page, as on a real site, and the traceback goes to the log of the failing test.
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    return found


# What Werkzeug has read of a file when the rest can't be read is closed by being forgotten.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.Spooled:ResourceWarning")
@pytest.mark.timeout(3600)
def test_no_request_of_whatever_kind_is_answered_with_a_500(site: Site, known: Known) -> None:
    assert len(known.forms) > 100
    some = some_request(site, known)

    @settings(
        max_examples=tries(few=200, many=5000),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(request=some)
    def one(request: Request) -> None:
        status = request.send(site)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            site.restore()
        assert status < 500, request

    one()
