"""The smallest whole pictures of each kind. What is drawn in them is nothing that could be seen."""

import zlib


def png(width: int = 1, height: int = 1) -> bytes:
    """A grey PNG."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    drawn = zlib.compress(b"\0" * (width + 1) * height)
    chunks = ((b"IHDR", header), (b"IDAT", drawn), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def jpeg(width: int = 1, height: int = 1) -> bytes:
    """The parts of a JPEG, with a padded one and a restart in what is drawn."""
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    parts = (
        _jpeg_part(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
        b"\xff" + _jpeg_part(0xC0, b"\x08" + size + b"\1\1\x11\0"),
        _jpeg_part(0xDA, b"\1\1\0\0\x3f\0"),
    )
    return b"\xff\xd8" + b"".join(parts) + b"\x12\xff\0\x34\xff\xd0\x56" + b"\xff\xd9"


def webp(width: int = 1, height: int = 1) -> bytes:
    """A lossy WebP; its chunk has an odd length."""
    return _riff(_riff_chunk(b"VP8 ", _lossy_frame(width, height)))


def webp_lossless(width: int = 1, height: int = 1) -> bytes:
    """A lossless WebP."""
    size = (width - 1) | (height - 1) << 14
    return _riff(_riff_chunk(b"VP8L", b"\x2f" + size.to_bytes(4, "little") + b"\0\0\0"))


def webp_extended(width: int = 1, height: int = 1) -> bytes:
    """A WebP that says its size before anything is drawn."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = _riff_chunk(b"VP8 ", _lossy_frame(width, height))
    return _riff(_riff_chunk(b"VP8X", b"\0\0\0\0" + size) + frame)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return len(body).to_bytes(4, "big") + kind + body + check.to_bytes(4, "big")


def _jpeg_part(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _lossy_frame(width: int, height: int) -> bytes:
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"\x30\1\0\x9d\x01\x2a" + size + b"\0\0\0"


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WEBP" + chunks


def _riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
