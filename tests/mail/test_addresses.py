"""One message has one reader: which texts are one address, and of whom."""

from contextlib import suppress

import pytest

from portal.mail.outbox import one_address, public_address


@pytest.mark.parametrize(
    ("text", "in_a_mail", "in_a_form"),
    [
        pytest.param("lee@example.com", "lee@example.com", "lee@example.com", id="as usual"),
        pytest.param("Lee@Exämple.com", "Lee@xn--exmple-cua.com", "Lee@xn--exmple-cua.com", id="ä"),
        pytest.param("ana@clinic", "ana@clinic", None, id="of a clinic's own network"),
        pytest.param("ana@example.com, eve@example.com", None, None, id="two"),
        pytest.param("Ana <ana@example.com>", None, None, id="with a name"),
        pytest.param("ana", None, None, id="none"),
        pytest.param(f"ana@{'a.' * 124}com", None, None, id="too long"),
    ],
)
def test_what_is_one_address(text: str, in_a_mail: str | None, in_a_form: str | None) -> None:
    # In either order, because what was found out is kept.
    for _ in range(2):
        for read, expected in ((one_address, in_a_mail), (public_address, in_a_form)):
            found = None
            with suppress(ValueError):
                found = read(text)
            assert found == expected
