"""Encrypted files: made with a passphrase, read back only whole and unchanged.

The key is made of the passphrase with Argon2id. The text is cut into chunks, each encrypted with
AES-256-GCM on its own, so that a file of any size takes the memory of one chunk. A chunk's nonce
has its number, and says whether it's the last: so none can be changed, moved, doubled or left out,
and the end can't be cut off (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár,
"Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015).
"""

import os
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from portal.errors import WrongBackup

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"clinic backup, sealed 1\n"
CHUNK = 1024 * 1024
SALT_BYTES = 16
TAG_BYTES = 16

DAMAGED = "The backup is damaged, or a part of it is missing."
NOT_OPENED = "The passphrase isn't the one of this backup, or the backup is damaged."


def seal(plain: BinaryIO, sealed: BinaryIO, passphrase: str) -> None:
    """Encrypt all of `plain` into `sealed`."""
    salt = os.urandom(SALT_BYTES)
    sealed.write(MAGIC + salt)
    cipher, number = _cipher(passphrase, salt), 0
    chunk = plain.read(CHUNK)
    while True:
        following = plain.read(CHUNK)
        sealed.write(cipher.encrypt(_nonce(number, is_last=not following), chunk, MAGIC))
        if not following:
            return
        chunk, number = following, number + 1


def is_sealed(file: BinaryIO) -> bool:
    """True where the file starts as an encrypted one does; leaves it at its start."""
    found = file.read(len(MAGIC)) == MAGIC
    file.seek(0)
    return found


def plain_text(file: BinaryIO, passphrase: str) -> Iterator[bytes]:
    """What is in a file, in chunks, whether it's encrypted or not.

    Raises WrongBackup, perhaps only after some chunks, for another passphrase and for a file that
    isn't whole.
    """
    if is_sealed(file):
        file.seek(len(MAGIC))
        yield from _unsealed(file, passphrase)
    else:
        while chunk := file.read(CHUNK):
            yield chunk


def _unsealed(sealed: BinaryIO, passphrase: str) -> Iterator[bytes]:
    from cryptography.exceptions import InvalidTag

    salt = sealed.read(SALT_BYTES)
    cipher, number = _cipher(passphrase, salt), 0
    chunk = sealed.read(CHUNK + TAG_BYTES)
    while True:
        following = sealed.read(CHUNK + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), chunk, MAGIC)
        except (InvalidTag, ValueError):
            raise WrongBackup(DAMAGED if number else NOT_OPENED) from None
        if not following:
            return
        chunk, number = following, number + 1


def _cipher(passphrase: str, salt: bytes) -> "AESGCM":
    # Where backups aren't encrypted, nothing of the package is needed: see portal/later.py.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(_key(passphrase, salt))


def _key(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if len(salt) != SALT_BYTES:
        raise WrongBackup(DAMAGED)
    # RFC 9106's second recommendation: 64 MiB of memory, three passes, four lanes.
    made = Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=64 * 1024)
    return made.derive(passphrase.encode())


def _nonce(number: int, *, is_last: bool) -> bytes:
    # The key is new for each file, so a chunk's number is enough for no nonce to come twice.
    return struct.pack(">7xI?", number, is_last)
