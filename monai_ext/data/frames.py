# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .cache_frames import cache_frames
from .frame_dataset import FrameDataset
from .image_folders import ImageFolders
from .phantoms import Phantoms

__all__ = ["open_frames"]


def open_frames(
    dataset_dir: str | os.PathLike[str] | Sequence[str] | None = None,
    *,
    exclude: Iterable[str] = ("val", "test"),
    phantom_count: int = 1024,
    phantom_labels: str = "tree",
    phantom_settings: str | os.PathLike[str] | Mapping | None = None,
    seed: int = 0,
    size: int = 512,
    method: str = "robust",
    min_size: int = 32,
    cache_dir: str | os.PathLike[str] | None = None,
    processes: int | None = None,
) -> FrameDataset:
    """The frames that a bundle's knobs ask for: of a corpus, of image folders, or synthetic ones where there is no folder.

    A corpus is opened as it is. Of the others, the first call with the same knobs and files prepares them, with a progress bar; later
    ones open the cache. Of several processes on a machine one prepares and the others wait.

    Args:
        dataset_dir: a corpus that `vasomim curate` made; or a folder of images or several; None (or '', on a command line) for phantoms.
        exclude: names of sub-folders that are left out.
        phantom_count: number of phantoms, where dataset_dir is None.
        phantom_labels: what their vessel maps hold, see `Phantoms`.
        phantom_settings: how they look, a file or a mapping for `PhantomSettings.read`.
        seed: of the phantoms.
        size: longest side of a frame in pixels.
        method: rule of the vessel map, see `extract_vessels`; phantoms know theirs.
        min_size: shortest side in pixels that an image may have; smaller ones are skipped.
        cache_dir: where caches lie, see `cache_frames`.
        processes: that prepare, see `cache_frames`.

    Returns:
        The data set.

    Raises:
        ValueError: if a corpus is given together with other folders.
    """
    folders = [dataset_dir] if isinstance(dataset_dir, (str, os.PathLike)) else list(dataset_dir or ())
    corpora = [folder for folder in folders if folder and Path(folder, "corpus.json").is_file()]
    if corpora and len(folders) > 1:
        raise ValueError(
            f"dataset_dir must be one corpus or folders of images, got the corpus '{corpora[0]}' among {len(folders)}; "
            "make one corpus of them by vasomim curate."
        )
    if corpora:
        return FrameDataset(corpora[0])
    if not dataset_dir:
        source = Phantoms(phantom_count, seed=seed, size=size, labels=phantom_labels, settings=phantom_settings)
    else:
        source = ImageFolders(dataset_dir, exclude=exclude, method=method, min_size=min_size)
    folder = cache_frames(source, size=size, cache_dir=cache_dir, processes=processes)
    return FrameDataset(folder, left_out=source.left_out)
