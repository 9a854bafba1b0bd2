# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

__all__ = ["Pseudonyms"]

_LENGTH = 8  # bytes of a key


class Pseudonyms:
    """Keys that stand for files and patients in a corpus: hashes with a secret salt, so that nobody without it can try names.

    The salt is made once and kept, readable by its owner only: the same file or patient has the same key in each corpus of one user.

    Args:
        salt_file: where the salt lies or will; `~/.config/vasomim/salt` when left out.

    Raises:
        ValueError: if the file holds no salt.
    """

    def __init__(self, salt_file: str | os.PathLike[str] | None = None) -> None:
        home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        self._salt = _read_salt(Path(salt_file or f"{home}/vasomim/salt").expanduser())

    def file(self, path: Path) -> str:
        """Key of a file, 16 hexadecimal digits."""
        return self._key("file", str(path))

    def patient(self, source: str, patient: str) -> str:
        """Key of a patient of a source, 16 hexadecimal digits."""
        return self._key("patient", source, patient)

    def _key(self, *parts: str) -> str:
        text = "\0".join(parts).encode(errors="surrogateescape")
        return hashlib.blake2b(text, key=self._salt, digest_size=_LENGTH).hexdigest()


def _read_salt(path: Path) -> bytes:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # two first runs at a time
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w") as file:
                file.write(secrets.token_hex(32) + "\n")
    try:
        salt = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError):
        salt = b""
    if len(salt) < 16:
        raise ValueError(
            f"'{path}' must hold a salt of at least 32 hexadecimal digits, it does not; remove it, and a new one is made."
        )
    return salt[:64]
