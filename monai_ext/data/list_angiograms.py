# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .find_images import EXTENSIONS
from .records.is_dicom import is_dicom
from .records.natural_order import natural_order
from .records.pair_masks import is_mask_folder
from .walk_files import walk_files

__all__ = ["list_angiograms"]

_ENDINGS = tuple(f".{name}" for name in EXTENSIONS)
_DICOM = (".dcm", ".dicom", ".ima")  # the last number of a UID is no ending

logger = logging.getLogger(__name__)


def list_angiograms(
    dataset_dir: str | os.PathLike[str],
    *,
    exclude: str | Iterable[str] = (),
    output_dir: str | os.PathLike[str] | None = None,
    also: Iterable[str] = (),
) -> dict[Path, str]:
    """Images and DICOM files by their names, with a name for what is made of each.

    What lies in sub-folders named like masks (`is_mask_folder`) is no angiogram; their number is logged.

    Args:
        dataset_dir: searched with its sub-folders; or one file.
        exclude: name or names of sub-folders that are left out, in any case of letters.
        output_dir: where results will be written; what lies there is left out.
        also: endings of further files that are wanted, such as `.nii.gz`, in any case of letters.

    Returns:
        For each file its path below dataset_dir without suffix, `left/7` for `left/7.dcm`; with it, `left/7.dcm`, where two files differ by
        nothing else. In natural order, 2 before 10.

    Raises:
        FileNotFoundError: if there is no such folder or file.
        ValueError: if there is no angiogram, or results would lie among the images.
    """
    dataset_dir = Path(dataset_dir)
    root = dataset_dir.parent if dataset_dir.is_file() else dataset_dir
    results = Path(output_dir).resolve() if output_dir else None
    if results and results in (root.resolve(), *root.resolve().parents):
        raise ValueError(
            f"output_dir must not be the folder of the images or hold it, got '{output_dir}'; name another."
        )
    if dataset_dir.is_file():
        files = [dataset_dir]
    elif dataset_dir.is_dir():
        barred = {name.lower() for name in ([exclude] if isinstance(exclude, str) else exclude)}
        kinds = (*_ENDINGS, *also)
        found = [path for path in walk_files(root) if _is_angiogram(path, root, barred, results, kinds)]
        files = _without_masks(found, root)
    else:
        raise FileNotFoundError(
            f"'{dataset_dir}' must be a folder of images or a file, there is none; check dataset_dir."
        )
    if not files:
        raise ValueError(
            f"no image ({', '.join(EXTENSIONS)}) and no DICOM file in '{dataset_dir}'; check dataset_dir and exclude."
        )
    in_order = sorted(files, key=lambda path: natural_order(str(path)))
    return _named([(path, str(path.relative_to(root))) for path in in_order], (*_DICOM, *_ENDINGS, *also))


def _is_angiogram(path: Path, root: Path, barred: set[str], results: Path | None, kinds: tuple[str, ...]) -> bool:
    if path.name.startswith(".") or any(name.lower() in barred for name in path.relative_to(root).parts[:-1]):
        return False
    if not path.name.lower().endswith(kinds) and not is_dicom(path):
        return False
    return results is None or results not in path.resolve().parents


def _without_masks(files: list[Path], root: Path) -> list[Path]:
    images = [path for path in files if not any(map(is_mask_folder, path.relative_to(root).parts[:-1]))]
    if masks := len(files) - len(images):
        logger.info("%d images are left out: they lie in folders named like masks.", masks)
    return images


def _named(files: list[tuple[Path, str]], endings: tuple[str, ...]) -> dict[Path, str]:
    short = {path: _without_ending(name, endings) for path, name in files}
    uses = Counter(short.values())
    return {path: short[path] if uses[short[path]] == 1 else name for path, name in files}


def _without_ending(name: str, endings: tuple[str, ...]) -> str:
    last = Path(name).name.lower()
    ending = max((end for end in endings if last.endswith(end) and last != end), key=len, default="")
    return name[: len(name) - len(ending)]
