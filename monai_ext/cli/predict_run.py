# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from monai_ext.data.records.is_dicom import is_dicom
from monai_ext.ops import one_line

from .bundle_config import bundle_config
from .bundle_network import BundleNetwork
from .command_error import CommandError
from .one_at_a_time import one_at_a_time
from .open_bundle import open_bundle
from .predict_files import PredictFiles
from .predict_options import PredictOptions
from .predict_output import PredictOutput
from .predict_sources import PredictSources, predict_sources
from .prediction_record import PredictionRecord

__all__ = ["predict_run"]

_TOLD = 20  # files that cannot be used, one by one
_ON_GPU, _ELSE = 32, 8  # frames at a time
_SOME_FAILED, _SYSTEM_FAILED = 3, 4  # exit codes


def predict_run(options: PredictOptions) -> None:
    """Runs `vasomim predict`.

    Raises:
        CommandError: if it does not end well; its code tells how.
    """
    with open_bundle(options.bundle) as folder:
        config = bundle_config(folder, weights=options.weights, threshold=options.threshold, knobs=options.knobs)
        network = BundleNetwork(folder, config, device=options.device)
        settings = _settings(options, network, config)
        PredictionRecord(Path(options.out), settings)  # refuses another's folder before anything is fetched or written
        with predict_sources(options) as sources, _out_folder(Path(options.out)):
            record = PredictionRecord(Path(options.out), settings)
            _predict(options, sources, network, record)


def _predict(
    options: PredictOptions, sources: PredictSources, network: BundleNetwork, record: PredictionRecord
) -> None:
    spacing = options.pixel_spacing
    work = PredictFiles(
        network=network,
        outputs=_possible(options.outputs, network),
        record=record,
        choice=options.choice,
        batch_size=options.batch_size or (_ELSE if network.device.type == "cpu" else _ON_GPU),
        spacing=spacing and (spacing, spacing),
    )
    _tell_lacks(work.outputs, sources)
    work.run(sources.files, sources.root)
    _send(options, record)
    _tell(options, record)


def _settings(options: PredictOptions, network: BundleNetwork, config: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same for results to belong together."""
    elsewhere = ("bundle_root", "weights_file")
    knobs = {name: value for name, value in config.items() if name not in elsewhere and not name.startswith("_")}
    digest = hashlib.sha256(json.dumps(knobs, sort_keys=True).encode()).hexdigest()
    return {
        "input": options.pacs or str(Path(options.input).resolve()),
        "query": sorted(options.query),  # values may name a patient
        "bundle": network.algorithm.name,
        "version": network.algorithm.version,
        "weights": network.algorithm.weights,
        "knobs": {**options.knobs, **({"threshold": options.threshold} if options.threshold is not None else {})},
        "frames": options.frames,
        "pixel_spacing": options.pixel_spacing,
        "configuration": digest,
    }


@contextlib.contextmanager
def _out_folder(out: Path) -> Iterator[None]:
    """Held while the block runs; what was made of it goes if nothing was put in."""
    made = [folder for folder in (out, *out.absolute().parents) if not folder.exists()]
    try:
        with one_at_a_time(out):
            yield
    finally:
        if out.is_dir() and {path.name for path in out.iterdir()} <= {".lock"}:
            (out / ".lock").unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                for folder in made:
                    folder.rmdir()


def _possible(outputs: Sequence[PredictOutput], network: BundleNetwork) -> Sequence[PredictOutput]:
    """Without those that need masks, where boxes are found; png is the overlays then."""
    left = [output for output in outputs if not (output.of_masks and network.finds_boxes)]
    if lost := {output.format for output in outputs} - {output.format for output in left}:
        raise CommandError(f"--format {min(lost)} needs masks, the bundle finds boxes; ask for another.")
    return left


def _tell_lacks(outputs: Sequence[PredictOutput], sources: PredictSources) -> None:
    formats = dict.fromkeys(output.format for output in outputs if output.of_dicom)
    others = sum(not is_dicom(path) for path in sources.files) if formats else 0
    if others:
        print(f"{others} of {len(sources.files)} files are not DICOM and get no {','.join(formats)}.")


def _send(options: PredictOptions, record: PredictionRecord) -> None:
    """All DICOM results, those of earlier runs too: a PACS knows them again by their UIDs."""
    if not options.send:
        return
    from monai_ext.dicom import send_files

    endings = tuple(output.ending for output in options.outputs if output.of_dicom)
    files = [path for path in record.results if path.name.endswith(endings)]
    if not files:
        return
    try:
        send_files(files, options.send)
    except (ImportError, OSError, ValueError) as error:
        raise CommandError(
            f"--send: {error} The results are whole in '{options.out}'; the same command sends them again.",
            _SYSTEM_FAILED,
        ) from error
    print(f"{len(files)} DICOM files sent to '{options.send}'.")


def _tell(options: PredictOptions, record: PredictionRecord) -> None:
    for file, reason in list(record.failures.items())[:_TOLD]:
        print(f"  {one_line(file)}: {one_line(reason)}", file=sys.stderr)
    done, failed = len(record), len(record.failures)
    if not done:
        record.remove()
        raise CommandError(f"at least one of {failed} files must be usable, none is; see above.")
    print(_summary(record))
    if failed:
        raise CommandError(
            f"{failed} of {done + failed} files could not be used, '{record.path}' tells why; the others are done.",
            _SOME_FAILED,
        )


def _summary(record: PredictionRecord) -> str:
    speed, page = record.speed, next((path for path in record.results if path.suffix == ".html"), None)
    now = (
        f"{speed['frames']} frames now, {speed['frames_per_second']:.1f} a second, the network alone {speed['network_frames_per_second']:.1f}"
        if speed["frames"]
        else "all were done before"
    )
    look = f" Open '{one_line(page)}' to look at them." if page else ""
    files = "1 file" if len(record) == 1 else f"{len(record)} files"
    return f"{files}, {record.frames} frames in '{one_line(record.out)}': {now}.{look}"
