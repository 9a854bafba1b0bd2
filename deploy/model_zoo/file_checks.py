# SPDX-License-Identifier: Apache-2.0
"""What a bundle's files must be, told without running anything of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema

import monai_ext

__all__ = ["FILE_CHECKS", "LeftOut", "read_strictly"]

SCHEMA = Path(__file__).with_name("metadata_schema.json")
NEEDED = (
    "LICENSE", "configs/metadata.json", "configs/inference.json", "configs/train.json", "configs/logging.conf", "docs/README.md",
)  # fmt: skip
FOLDERS = {"configs", "docs", "models"}
OURS = {"runs", "images"}  # what runs leave in a bundle; no part of it
SUFFIXES = {"", ".json", ".conf", ".md", ".txt", ".yml", ".png", ".jpg", ".pt", ".safetensors", ".ts", ".pt2", ".onnx"}
WEIGHTS = {".pt", ".safetensors", ".ts", ".pt2", ".onnx"}
LARGEST = 25 * 2**20  # bytes; the zoo's limit of one file
SECTIONS = ("Run it", "Configurations", "Results", "Data and use")
"""What the zoo's template of a README calls usage, system configuration, performance, and data with limitations."""
NO_CODE = re.compile(
    r"(?<![.\w])(?:eval|exec|compile|open|__import__)\s*\(|\b(?:pickle|subprocess)\b|\bos\.(?:system|popen|exec\w*)|\btorch\.load\b"
)
HOME = re.compile(r"(?:^|['\"\s=])(/(?:home|root|Users|mnt|data|workspace|tmp)/|~/|[A-Za-z]:\\)")


class LeftOut(Exception):
    """A check that is not for this kind of bundle."""


def files_are_there(bundle: Path) -> Iterator[str]:
    yield from (f"'{name}' is missing" for name in NEEDED if not (bundle / name).is_file())
    if not re.fullmatch(r"[a-z][a-z0-9_]*", bundle.name):
        yield f"the folder's name must be lower case letters, digits and underscores, got '{bundle.name}'"
    for path in _files(bundle):
        name = path.relative_to(bundle)
        if path.is_symlink():
            yield f"'{name}' is a link; the zoo takes files"
        if len(name.parts) > 1 and name.parts[0] not in FOLDERS:
            yield f"'{name}' must lie in {', '.join(sorted(FOLDERS))}"
        if path.suffix not in SUFFIXES:
            yield f"'{name}' is of a kind that bundles do not hold; code belongs in monai_ext"


def large_files_are_listed(bundle: Path) -> Iterator[str]:
    listed = [entry for file in bundle.glob("large_files.*") for entry in _yaml(file)["large_files"]]
    for entry in listed:
        for key in ("path", "url", "hash_val", "hash_type"):
            if not entry.get(key):
                yield f"large_files: {entry.get('path', entry)} must have a {key}"
    for path in _files(bundle):
        name = path.relative_to(bundle).as_posix()
        if path.stat().st_size > LARGEST and name not in {entry.get("path") for entry in listed}:
            yield f"'{name}' has {path.stat().st_size / 2**20:.0f} MB, the zoo takes {LARGEST // 2**20} a file; list it in large_files.yml"


def licences_are_there(bundle: Path) -> Iterator[str]:
    licence = bundle / "LICENSE"
    if licence.is_file() and "Apache License" not in licence.read_text(encoding="utf-8")[:300]:
        yield "LICENSE must be the Apache License, as that of the repository"
    weights = [path.relative_to(bundle).as_posix() for path in _files(bundle) if path.suffix in WEIGHTS]
    if weights and not (bundle / "docs" / "data_license.txt").is_file():
        yield f"'docs/data_license.txt' is missing; {', '.join(weights)} were trained on data with a licence"


def json_is_strict(bundle: Path) -> Iterator[str]:
    for path in sorted((bundle / "configs").rglob("*.json")):
        try:
            read_strictly(path)
        except ValueError as error:
            yield f"'{path.relative_to(bundle)}' {error}"


def paths_are_relative(bundle: Path) -> Iterator[str]:
    for name, key, text in _texts(bundle):
        if text.startswith("/") or HOME.search(text):
            yield f"'{name}' {key} must hold no path of one machine, got {text!r}"
    config = _read(bundle / "configs" / "inference.json")
    if config.get("bundle_root") != ".":
        yield f"'configs/inference.json' bundle_root must be '.', got {config.get('bundle_root')!r}"


def expressions_are_harmless(bundle: Path) -> Iterator[str]:
    """A configuration is a program; one that is shared runs no text, starts no process and reads no pickle."""
    for name, key, text in _texts(bundle):
        if text.startswith("$") and (found := NO_CODE.search(text)):
            yield f"'{name}' {key} must not use {found.group().rstrip(' (')}, got {text!r}"


def metadata_are_valid(bundle: Path) -> Iterator[str]:
    metadata = _read(bundle / "configs" / "metadata.json")
    validator = jsonschema.validators.validator_for(_read(SCHEMA))(_read(SCHEMA))
    for error in validator.iter_errors(metadata):
        yield f"metadata {'#'.join(map(str, error.absolute_path))}: {error.message}"
    version, changes = metadata.get("version"), metadata.get("changelog", {})
    if version not in changes:
        yield f"the changelog must tell of version {version}, got {', '.join(changes) or 'nothing'}"
    for name, told in (
        ("version", version),
        ("monai_ext", metadata.get("required_packages_version", {}).get("monai_ext")),
    ):
        if told != monai_ext.__version__:
            yield f"{name} must be that of monai_ext, {monai_ext.__version__}, got {told}"


def readme_is_whole(bundle: Path) -> Iterator[str]:
    path = bundle / "docs" / "README.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    headings = {line.lstrip("#").strip() for line in text.splitlines() if line.startswith("## ")}
    yield from (f"'docs/README.md' must have the section '{name}'" for name in SECTIONS if name not in headings)
    if not text.startswith("# "):
        yield "'docs/README.md' must begin with a title"
    if "not a medical device" not in text:
        yield "'docs/README.md' must say that it is not a medical device"


def read_strictly(path: Path) -> Any:
    """JSON without keys that stand twice, of which a reader would take the last, and without NaN, which is no JSON.

    Raises:
        ValueError: if it is not.
    """
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)


FILE_CHECKS: dict[str, Callable[[Path], Iterator[str]]] = {
    "files": files_are_there,
    "large files": large_files_are_listed,
    "licences": licences_are_there,
    "JSON": json_is_strict,
    "paths": paths_are_relative,
    "expressions": expressions_are_harmless,
    "metadata": metadata_are_valid,
    "README": readme_is_whole,
}
"""By the name in the table; each yields what is wrong."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"has keys that stand twice: {', '.join(twice)}")
    return dict(pairs)


def _no_constant(word: str) -> float:
    raise ValueError(f"must hold numbers, got {word}")


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _yaml(path: Path) -> Any:
    import yaml  # here, because no bundle of ours has large files

    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _files(bundle: Path) -> Iterator[Path]:
    for path in sorted(bundle.rglob("*")):
        name = path.relative_to(bundle)
        if path.is_file() and name.parts[0] not in OURS and "__pycache__" not in name.parts:
            yield path


def _texts(bundle: Path) -> Iterator[tuple[str, str, str]]:
    """Every text of the configurations with its file and key; descriptions are for people and left out."""
    for path in sorted((bundle / "configs").rglob("*.json")):
        if path.name != "metadata.json":
            yield from ((f"configs/{path.relative_to(bundle / 'configs')}", *found) for found in _walk(_read(path), ""))


def _walk(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            if not name.startswith("_desc_"):
                yield from _walk(item, f"{key}#{name}".lstrip("#"))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, f"{key}#{number}")
