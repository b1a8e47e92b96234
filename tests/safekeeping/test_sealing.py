"""Encrypted files: whatever is done to one, it's read back as it was or not at all."""

import hashlib
from io import BytesIO

import pytest

from portal.errors import WrongBackup
from portal.safekeeping import sealing
from portal.safekeeping.sealing import MAGIC, SALT_BYTES, TAG_BYTES, is_sealed, plain_text, seal

CHUNK = 16
PASSPHRASE = "open sesame"
BEGINNING = len(MAGIC) + SALT_BYTES
PIECE = CHUNK + TAG_BYTES


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of sixteen bytes, and keys that take no time to make."""
    monkeypatch.setattr(sealing, "CHUNK", CHUNK)
    monkeypatch.setattr(
        sealing, "_key", lambda word, salt: hashlib.sha256(word.encode() + salt).digest()
    )


def sealed(plain: bytes) -> bytes:
    made = BytesIO()
    seal(BytesIO(plain), made, PASSPHRASE)
    return made.getvalue()


def opened(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return b"".join(plain_text(BytesIO(data), passphrase))


def test_what_is_sealed_can_be_opened_with_the_passphrase_alone() -> None:
    data = sealed(b"Lee Park")
    assert is_sealed(BytesIO(data))
    assert b"Lee" not in data
    assert opened(data) == b"Lee Park"
    with pytest.raises(WrongBackup, match="passphrase"):
        opened(data, "open barley")
    assert sealed(b"Lee Park") != data


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
def test_a_file_of_any_size_comes_back_as_it_was(small: None, size: int) -> None:
    plain = bytes(range(size))
    assert opened(sealed(plain)) == plain


def test_a_file_that_was_never_sealed_is_read_as_it_is(small: None) -> None:
    assert opened(bytes(range(50))) == bytes(range(50))


def test_no_byte_can_be_changed_and_no_end_cut_off(small: None) -> None:
    data = sealed(bytes(3 * CHUNK))
    for place in range(len(MAGIC), len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(WrongBackup):
            opened(bytes(changed))
        with pytest.raises(WrongBackup):
            opened(data[:place])
    with pytest.raises(WrongBackup):
        opened(data + b"\0")


def test_no_chunk_can_be_moved_doubled_or_taken_from_another_file(small: None) -> None:
    head, rest = (data := sealed(bytes(3 * CHUNK)))[:BEGINNING], data[BEGINNING:]
    first, second, third = rest[:PIECE], rest[PIECE : 2 * PIECE], rest[2 * PIECE :]
    other = sealed(bytes(3 * CHUNK))[BEGINNING:]
    assert opened(head + first + second + third) == bytes(3 * CHUNK)
    for wrong in (
        second + first + third,
        first + first + third,
        first + second + second + third,
        first + third,
        other[:PIECE] + second + third,
    ):
        with pytest.raises(WrongBackup):
            opened(head + wrong)
