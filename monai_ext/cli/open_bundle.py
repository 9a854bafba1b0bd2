# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .command_error import CommandError
from .unpack_bundle import unpack_bundle

__all__ = ["open_bundle"]


@contextlib.contextmanager
def open_bundle(bundle: str) -> Iterator[Path]:
    """The folder of a bundle, while the block runs.

    Args:
        bundle: the folder, or a zip file of one, which is unpacked to a temporary place.

    Raises:
        CommandError: if it is a file that cannot be unpacked, or there is no room for it.
    """
    if not Path(bundle).is_file():
        yield Path(bundle)
        return
    with contextlib.ExitStack() as stack:
        try:
            temporary = stack.enter_context(TemporaryDirectory(prefix="vasomim_bundle_"))
            folder = unpack_bundle(bundle, temporary)
        except (OSError, ValueError) as error:
            raise CommandError(f"--bundle cannot be unpacked: {error}") from error
        yield folder
