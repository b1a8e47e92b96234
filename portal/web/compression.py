"""Answers that are text go out compressed: on a slow phone that is the difference.

A page has a secret (the token of its forms) beside text from the address, so its compressed length
could be measured to guess the secret. Random bytes in gzip's own header blur the length; they are
in the place of a file name, which every client skips.
"""

import gzip
import secrets
import struct
import zlib

from flask import Flask, Response, request

LEAST = 600  # bytes: below, a header and a checksum cost more than they save
LEVEL = 5  # of 9: nine tenths of the gain at half the time
BLUR = 96  # bytes at most
TEXTS = ("text/", "application/javascript", "application/json", "image/svg+xml")


def init_app(app: Flask) -> None:
    """Compress what views answer. Files have their own way, in static_files."""
    app.after_request(_compress)


def is_text(mimetype: str | None) -> bool:
    """Say whether content of this type gets smaller."""
    return mimetype is not None and mimetype.startswith(TEXTS)


def client_takes_gzip() -> bool:
    """Say whether this request's client unpacks gzip."""
    return request.accept_encodings["gzip"] > 0


def _compress(answer: Response) -> Response:
    if answer.direct_passthrough or answer.is_streamed or not is_text(answer.mimetype):
        return answer
    encoded = answer.content_encoding is not None
    if not encoded and (answer.content_length or 0) < LEAST:
        return answer
    answer.vary.add("Accept-Encoding")
    if encoded or not client_takes_gzip():
        return answer
    answer.set_data(_blurred(answer.get_data()))
    answer.content_encoding = "gzip"
    return answer


def _blurred(content: bytes) -> bytes:
    """Return the content as gzip whose length says little about the content."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(content) + packer.flush()
    name = secrets.token_hex(BLUR // 2)[: secrets.randbelow(BLUR + 1)].encode()
    # The header of RFC 1952: magic, deflate, "has a name", no time, no hint, unknown system.
    head = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name + b"\0"
    return head + body + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)


def packed(content: bytes) -> bytes:
    """Return public content as gzip, as small as it gets."""
    return gzip.compress(content, 9, mtime=0)
