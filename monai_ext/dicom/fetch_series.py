# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monai_ext.data.progress_bar import progress_bar
from monai_ext.ops import atomic_file

from .guard_pacs import guard_pacs
from .pacs_client import pacs_client

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient
    from pydicom import Dataset

__all__ = ["fetch_series"]

_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"

Names = tuple[str, ...]


def fetch_series(
    url: str,
    query: Mapping[str, str],
    folder: str | os.PathLike[str],
    *,
    modalities: Sequence[str] = ("XA", "RF"),
    show: bool = True,
) -> list[Path]:
    """Fetches series from a PACS by DICOMweb (QIDO-RS, WADO-RS), as they are stored there.

        fetch_series("https://pacs.example/dicom-web", {"StudyInstanceUID": uid}, "cines")

    Args:
        url: of the service; see `pacs_client` for credentials.
        query: DICOM keywords and the values to match: PatientID, StudyInstanceUID, SeriesInstanceUID, AccessionNumber, StudyDate ("20240131",
            "20240101-20240131"), ... A Modality here goes before `modalities`.
        folder: for the files, `SERIES/INSTANCE.dcm`, named by their UIDs; each is whole or not there.
        modalities: of the series.
        show: a progress bar.

    Returns:
        The files, by series.

    Raises:
        ConnectionError: if the server does not answer, refuses, stops in the middle or does not speak DICOMweb. What was fetched is kept.
        ImportError: without dicomweb-client.
        OSError: if a file cannot be written.
        ValueError: if the address is none, the query is empty or has an unknown keyword, nothing matches, or the server sends another thing
            than it was asked for. No message quotes the values of the query.
    """
    client = pacs_client(url)
    _check(query)
    wanted = guard_pacs(url, lambda: _search(client, query, modalities))
    if not wanted:
        raise ValueError(f"no series at '{url}' matches {', '.join(query)}; check the values and the modality.")
    files = []
    for names in progress_bar("fetch", len(wanted), "file", show=show, over=wanted):
        instance = guard_pacs(url, lambda names=names: client.retrieve_instance(*names))
        files.append(_save(url, instance, names, Path(folder)))
    return files


def _check(query: Mapping[str, str]) -> None:
    from pydicom.datadict import tag_for_keyword

    if not any(str(value).strip(" *") for value in query.values()):
        raise ValueError(
            "a query must have a value to match, got none; give PatientID, StudyInstanceUID, StudyDate or another."
        )
    for keyword in query:
        if tag_for_keyword(keyword) is None:
            raise ValueError(f"a query must be of DICOM keywords, got '{keyword}'; PatientID and StudyDate are such.")


def _search(client: DICOMwebClient, query: Mapping[str, str], modalities: Sequence[str]) -> list[Names]:
    """Study, series and instance of each file."""
    found: dict[Names, None] = {}
    for modality in [query["Modality"]] if "Modality" in query else modalities:
        ask = partial(client.search_for_series, search_filters={**query, "Modality": modality})
        for series in _all(ask, _STUDY, _SERIES):
            instances = _all(partial(client.search_for_instances, *series), _INSTANCE)
            found |= dict.fromkeys((*series, *instance) for instance in instances)
    return list(found)


def _all(search: Callable[..., list[dict]], *tags: str) -> list[tuple[str, ...]]:
    """These UIDs of all that a search finds. A page without news ends it: some servers know no pages and begin anew for ever."""
    found: dict[tuple[str, ...], None] = {}
    while True:
        page = [tuple(_uid(answer, tag) for tag in tags) for answer in search(offset=len(found) or None)]
        if found.keys() >= set(page):
            return list(found)
        found |= dict.fromkeys(page)


def _uid(answer: Mapping[str, Any], tag: str) -> str:
    from pydicom.uid import UID

    uid = UID(answer[tag]["Value"][0])
    if not uid.is_valid:  # it becomes a part of addresses and file names
        raise ValueError("no valid UID")
    return str(uid)


def _save(url: str, instance: Dataset, names: Names, folder: Path) -> Path:
    if instance.get("SOPInstanceUID") != names[2]:
        raise ValueError(
            f"the PACS at '{url}' must send the file that it was asked for, got another; ask its administrator."
        )
    path = folder / names[1] / f"{names[2]}.dcm"
    with atomic_file(path) as temporary:
        instance.save_as(temporary, enforce_file_format=True)
    return path
