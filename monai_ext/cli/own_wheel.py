# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import monai_ext

__all__ = ["own_wheel"]

_WHEEL = "Wheel-Version: 1.0\nGenerator: vasomim export\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def own_wheel() -> tuple[str, bytes]:
    """The package that is running, as a wheel again, whether it was installed from one or from a working copy; without network and compiler.

    Returns:
        Name and content; the same files give the same bytes.

    Raises:
        ImportError: if nothing tells what the package needs: it is not installed, or is a working copy whose setup.cfg has changed since.

    References:
        Binary distribution format, https://packaging.python.org/specifications/binary-distribution-format/.
    """
    installed = distribution("monai_ext")
    stem = f"monai_ext-{installed.version}"
    files = _package() | {f"{stem}.dist-info/{name}": text for name, text in _information(installed).items()}
    lines = [f"{name},{_digest(content)},{len(content)}" for name, content in files.items()]
    record = f"{stem}.dist-info/RECORD"
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)  # of 1980, so that the time does not matter
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            wheel.writestr(member, content)
    return f"{stem}-py3-none-any.whl", stream.getvalue()


def _package() -> dict[str, bytes]:
    root = Path(monai_ext.__file__).parent
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root.parent).as_posix(): path.read_bytes() for path in files}


def _information(installed: Distribution) -> dict[str, bytes]:
    folders = (f"monai_ext-{installed.version}.dist-info/METADATA", "monai_ext.egg-info/PKG-INFO")
    metadata = next((file for file in map(Path, map(installed.locate_file, folders)) if file.is_file()), None)
    if metadata is None:
        raise ImportError("monai_ext must be installed to be packed into a bundle, it is not; pip install it.")
    _check_age(metadata)
    licence = metadata.parent / "licenses" / "LICENSE"
    found = {"licenses/LICENSE": licence.read_bytes()} if licence.is_file() else {}
    texts = {"WHEEL": _WHEEL, "entry_points.txt": installed.read_text("entry_points.txt") or ""}
    return found | {"METADATA": metadata.read_bytes()} | {name: text.encode() for name, text in texts.items()}


def _check_age(metadata: Path) -> None:
    """Of a working copy, which may need other packages since it was installed; the Makefile has the same rule."""
    setup = Path(monai_ext.__file__).parents[1] / "setup.cfg"
    if setup.is_file() and setup.stat().st_mtime > metadata.stat().st_mtime:
        raise ImportError(
            f"monai_ext must be installed again to be packed into a bundle, '{setup}' is newer than what was installed; pip install -e it."
        )


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
