"""Telling what picture a file is from its whole content, so that no browser is sent half of one.

The parts of the file are walked, from the first to the last; what is drawn in them isn't decoded.
"""

from collections.abc import Iterator

SIDE = 4096
"""The most pixels that a picture may be wide or high."""

PNG = b"\x89PNG\r\n\x1a\n"
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
# The kinds of frame of a JPEG: 0xC4, 0xC8 and 0xCC among them are something else.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
SCAN, END = 0xDA, 0xD9
# Markers without a length: a temporary one, restarts, and the beginning.
BARE = frozenset({0x01, *range(0xD0, 0xD9)})
LOSSLESS = 0x2F


def picture_type(content: bytes) -> str | None:
    """Return the media type of a complete PNG, JPEG or WebP; None for anything else."""
    if content.startswith(PNG):
        return "image/png" if _is_png(content) else None
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg" if _is_jpeg(content) else None
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp" if _is_webp(content) else None
    return None


def _is_png(content: bytes) -> bool:
    chunks = list(_png_chunks(content))
    kinds = [kind for kind, _body in chunks]
    is_whole = kinds[-1:] == [b"IEND"] and content.endswith(PNG_END)
    if not is_whole or kinds[0] != b"IHDR" or b"IDAT" not in kinds:
        return False
    header = chunks[0][1]
    return len(header) == 13 and _is_size(_big(header[:4]), _big(header[4:8]))


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk up to the end of the picture: its kind and its body; none after one cut short."""
    at = len(PNG)
    while at + 12 <= len(content):
        length, kind = _big(content[at : at + 4]), content[at + 4 : at + 8]
        if at + 12 + length > len(content):
            return
        yield kind, content[at + 8 : at + 8 + length]
        if kind == b"IEND":
            return
        at += 12 + length


def _is_jpeg(content: bytes) -> bool:
    at, has_size = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in BARE:
            at += 2
            continue
        length = _big(content[at + 2 : at + 4])
        if length < 2 or at + 2 + length > len(content):
            return False
        if marker in FRAMES:
            frame = content[at + 4 : at + 2 + length]
            has_size = len(frame) >= 6 and _is_size(_big(frame[3:5]), _big(frame[1:3]))
        if marker == SCAN:
            # Within what is drawn, 0xFF is always followed by something else.
            return has_size and content.find(bytes((0xFF, END)), at + 2 + length) != -1
        at += 2 + length
    return False


def _is_webp(content: bytes) -> bool:
    if _little(content[4:8]) + 8 != len(content):
        return False
    kinds = dict(_webp_chunks(content))
    first = next(iter(kinds), b"")
    size = _webp_size(first, kinds.get(first, b""))
    is_drawn = bool(kinds.keys() & {b"VP8 ", b"VP8L", b"ANMF"})
    return is_drawn and size is not None and _is_size(*size)


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk, its kind and its body; none after one that is cut short."""
    at = 12
    while at + 8 <= len(content):
        kind, length = content[at : at + 4], _little(content[at + 4 : at + 8])
        body = content[at + 8 : at + 8 + length]
        if len(body) < length:
            return
        yield kind, body
        at += 8 + length + length % 2


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int] | None:
    """Width and height as the first chunk says them, in pixels."""
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
        return _little(body[6:8]) & 0x3FFF, _little(body[8:10]) & 0x3FFF
    if kind == b"VP8L" and len(body) >= 5 and body[0] == LOSSLESS:
        bits = _little(body[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X" and len(body) >= 10:
        return _little(body[4:7]) + 1, _little(body[7:10]) + 1
    return None


def _is_size(width: int, height: int) -> bool:
    return 1 <= width <= SIDE and 1 <= height <= SIDE


def _big(digits: bytes) -> int:
    return int.from_bytes(digits, "big")


def _little(digits: bytes) -> int:
    return int.from_bytes(digits, "little")
