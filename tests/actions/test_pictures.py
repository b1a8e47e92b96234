"""Telling what picture a file is: whole ones are known, and nothing that was cut short."""

from collections.abc import Callable

import pytest

from portal.actions.pictures import SIDE, picture_type
from tests.pictures import jpeg, png, webp, webp_extended, webp_lossless

Make = Callable[[int, int], bytes]

WHOLE = [
    pytest.param(png(), "image/png", id="png"),
    pytest.param(jpeg(), "image/jpeg", id="jpeg"),
    pytest.param(webp(), "image/webp", id="webp"),
    pytest.param(webp_lossless(), "image/webp", id="lossless webp"),
    pytest.param(webp_extended(), "image/webp", id="extended webp"),
]


@pytest.mark.parametrize(("content", "media_type"), WHOLE)
def test_a_whole_picture_is_known_by_its_content(content: bytes, media_type: str) -> None:
    assert picture_type(content) == media_type


@pytest.mark.parametrize(("content", "media_type"), WHOLE)
def test_however_it_is_cut_short_it_is_none(content: bytes, media_type: str) -> None:
    assert [end for end in range(len(content)) if picture_type(content[:end])] == []


@pytest.mark.parametrize("make", [png, jpeg, webp, webp_lossless, webp_extended])
@pytest.mark.parametrize(("width", "height", "fine"), [(SIDE, 1, True), (1, SIDE + 1, False)])
def test_no_side_is_longer_than_the_limit(make: Make, width: int, height: int, fine: bool) -> None:
    assert bool(picture_type(make(width, height))) is fine


@pytest.mark.parametrize("make", [png, jpeg, webp])
def test_a_side_of_nothing_is_none(make: Make) -> None:
    assert picture_type(make(0, 5)) is None
    assert picture_type(make(5, 0)) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GIF89a and so on", id="gif"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
        pytest.param(b"RIFF\4\0\0\0WAVE", id="sound"),
        pytest.param(png()[:8], id="signature alone"),
        pytest.param(png().replace(b"IHDR", b"iHDR"), id="png without a header"),
        pytest.param(png().replace(b"IDAT", b"iDAT"), id="png without a picture"),
        pytest.param(png().replace(b"IEND", b"iEND"), id="png without an end"),
        pytest.param(png() + b"more", id="png with something behind it"),
        pytest.param(b"\xff\xd8\xff\xd9", id="empty jpeg"),
        pytest.param(jpeg().replace(b"\xff\xc0", b"\xff\xc4"), id="jpeg without a size"),
        pytest.param(jpeg()[:-2], id="jpeg without an end"),
        pytest.param(webp() + b"more", id="webp of another length"),
        pytest.param(webp().replace(b"\x9d\x01\x2a", b"\0\0\0"), id="webp without a frame"),
        pytest.param(webp().replace(b"VP8 ", b"VP9 "), id="webp of something else"),
    ],
)
def test_anything_else_is_none(content: bytes) -> None:
    assert picture_type(content) is None
