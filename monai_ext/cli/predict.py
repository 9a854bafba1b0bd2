# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from argparse import Namespace, RawDescriptionHelpFormatter, _ArgumentGroup, _SubParsersAction

from .predict_options import PredictOptions
from .predict_run import predict_run

__all__ = ["add_predict"]

_DESCRIPTION = """\
Find vessels, their segments or stenoses on X-ray angiograms by a trained bundle, and write what was found.

INPUT is an image, a DICOM file of one frame or a cine, a NIfTI file, or a folder of these, searched with its sub-folders. Of every frame it
writes masks or boxes, and the diameter along each vessel, in mm where the pixel spacing is known; of every file a page to look at it.
Stopped or killed at any moment, the same command goes on with the files that are left.
"""
_EPILOG = """\
formats
  png    NAME.masks/0031.png: 0 and 255, or the numbers of the classes; NAME.overlays/0031.png: outlines and boxes on the frame
  json   NAME.json: per frame vessels with their centrelines and diameters, boxes; lesions over the frames of a cine
  csv    NAME.csv: a row a class, vessel or lesion and frame; area, length, diameters, score
  nii    NAME.nii.gz: masks, (columns, rows, frames); pip install 'monai_ext[nifti]', as for NIfTI files to read
  mp4    NAME.mp4: the cine with outlines and boxes; pip install 'monai_ext[video]'
  seg    NAME.seg.dcm: DICOM Segmentation. This and the following only of DICOM files; pip install 'monai_ext[dicom]'
  sr     NAME.sr.dcm: DICOM structured report (TID 1500)
  gsps   NAME.gsps.dcm: DICOM presentation state, outlines that a workstation lays over the source
  sc     NAME.sc.dcm: DICOM secondary capture, outlines burned into the pixels
  NAME is OUT and the path of the file below INPUT, without its ending. NAME.html, to play and scrub, is written unless --no-viewer.
  OUT/predictions.json: what was asked, which files are done, which could not be used and why, and how fast it went.

exit codes
  0    all done
  2    nothing was done; the message tells what to mend
  3    done, but some files could not be used; they are listed
  4    the system failed on the way: disk full, folder or PACS gone. Mend it; the same command goes on where it was
  130  stopped by Ctrl-C; the same command goes on where it was

examples
  vasomim predict cine.dcm --bundle bundles/vasomim_seg --out found                        then open found/cine.html
  vasomim predict /data/cines --bundle vasomim_seg.zip --frames strongest --format png,csv --out found
  vasomim predict cine.dcm --bundle bundles/vasomim_detection --threshold 0.3 --out boxes
  vasomim predict scan.nii.gz --bundle bundles/vasomim_seg --format nii --pixel-spacing 0.2 --out found
  vasomim predict a.png --bundle bundles/vasomim_seg --weights mine.pt --set flip=true --set min_area=50 --out found
  vasomim predict --pacs http://pacs:8042/dicom-web --query StudyInstanceUID=1.2.3 --bundle bundles/vasomim_seg
        --format seg,sr --send http://pacs:8042/dicom-web --out found            (or --send dicom://AET@pacs:104)
"""


def add_predict(commands: _SubParsersAction) -> None:
    """Adds `vasomim predict`, which runs a bundle on files and writes what it finds."""
    parser = commands.add_parser(
        "predict",
        help="find vessels or stenoses on angiograms by a trained bundle",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("input", nargs="?", metavar="INPUT", help="file or folder; left out where --pacs is given")
    parser.add_argument(
        "--bundle",
        required=True,
        metavar="B",
        help="folder or zip file of a bundle; trust it: its configuration is code",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="a new folder, or that of the same command")
    _add_how(parser.add_argument_group("how to find"))
    _add_what(parser.add_argument_group("what to write"))
    _add_pacs(parser.add_argument_group("from and to a PACS"))
    parser.set_defaults(run=_run, stopped="stopped; what is finished stays, the same command goes on.")


def _add_how(group: _ArgumentGroup) -> None:
    for option, kind, unit, text in (
        ("--weights", str, "FILE", "of the network (those of the bundle)"),
        ("--threshold", float, "P", "of a probability or score, 0 to 1 (that of the bundle)"),
        ("--pixel-spacing", float, "MM", "between pixel centres, where the vessel is (as the file tells, if it does)"),
        ("--device", str, "NAME", "cpu, cuda, cuda:1, ... (a GPU where there is one)"),
        ("--batch-size", int, "N", "frames at a time (32 on a GPU, 8 else)"),
    ):
        group.add_argument(option, type=kind, metavar=unit, help=text)
    group.add_argument(
        "--frames", default="all", metavar="WHICH", help="of a cine: all, strongest in contrast, N or N-M, from 0 (all)"
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="K=V",
        help="a knob of the bundle's inference.json; may be repeated",
    )


def _add_what(group: _ArgumentGroup) -> None:
    group.add_argument("--format", default="png,json,csv", metavar="F,F", help="see below (png,json,csv)")
    group.add_argument("--no-viewer", action="store_true", help="write no pages")


def _add_pacs(group: _ArgumentGroup) -> None:
    group.add_argument("--pacs", metavar="URL", help="of a DICOMweb server; its series take the place of INPUT")
    group.add_argument(
        "--query", nargs="+", default=[], metavar="K=V", help="what they must have, such as StudyInstanceUID=1.2.3"
    )
    group.add_argument("--keep", metavar="DIR", help="where fetched files stay (they do not)")
    group.add_argument(
        "--send", metavar="ADDRESS", help="store DICOM results there: http(s)://... (DICOMweb) or dicom://AET@host:port"
    )


def _run(options: Namespace) -> None:
    predict_run(PredictOptions.read(options))
