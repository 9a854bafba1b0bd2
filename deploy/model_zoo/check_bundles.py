# SPDX-License-Identifier: Apache-2.0
"""Checks bundles as the MONAI model zoo does before it takes one, and some more; offline, nothing is written beside them.

python deploy/model_zoo/check_bundles.py [BUNDLE ...] [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from file_checks import FILE_CHECKS, LeftOut

__all__ = ["check_bundle", "main"]

BUNDLES = Path(__file__).parents[2] / "bundles"
NOTES = (
    ("models/model.pt", "no models/model.pt: the zoo wants weights, or the bundle in exclude_verify_preferred_files_list"),
)  # fmt: skip
OF_THE_ZOO = (
    "in the zoo's bundle_custom_data.py name all of them in exclude_verify_torchscript_list (traced, not scripted; a detector neither), "
    "a detector in exclude_verify_shape_list too, as the zoo's own is: its network gives lists of maps."
)


def check_bundle(bundle: Path, *, quick: bool = False) -> dict[str, list[str] | None]:
    """Everything that is wrong with a bundle.

    Args:
        bundle: its folder.
        quick: look at its files only; else MONAI runs it too, which takes a minute.

    Returns:
        By the name of a check its faults, in words; an empty list where it passed, None where it is not for this kind of bundle.
    """
    checks = dict(FILE_CHECKS)
    if not quick:
        from run_checks import RUN_CHECKS

        checks |= RUN_CHECKS
    return {name: _faults(check, bundle) for name, check in checks.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command.

    Returns:
        The exit code: 0 if all is well, 1 if a bundle has a fault, 2 if there is no bundle.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "bundles", nargs="*", type=Path, metavar="BUNDLE", help="folders; without any, those of the repository"
    )
    parser.add_argument(
        "--quick", action="store_true", help="look at the files only, run nothing: a second instead of minutes"
    )
    options = parser.parse_args(arguments)
    bundles = options.bundles or sorted(path for path in BUNDLES.iterdir() if (path / "configs").is_dir())
    for bundle in bundles:
        if not bundle.is_dir():
            parser.error(f"a bundle must be a folder, got '{bundle}'")
    found = {bundle.resolve().name: check_bundle(bundle.resolve(), quick=options.quick) for bundle in bundles}
    _print(found, bundles)
    return int(any(faults for checks in found.values() for faults in checks.values()))


def _faults(check: Callable[[Path], Iterator[str]], bundle: Path) -> list[str] | None:
    """MONAI talks while it works; only what is wrong is of interest."""
    said = io.StringIO()
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            warnings.simplefilter("ignore")
            return list(check(bundle))
    except LeftOut:
        return None
    except Exception as error:  # a bundle may fail in any way; the table names it and goes on
        while error.__cause__ is not None:
            error = error.__cause__
        return [f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"]
    finally:
        logging.disable(logging.NOTSET)


def _cell(faults: list[str] | None) -> str:
    return "left out" if faults is None else f"{len(faults)} faults" if faults else "ok"


def _print(found: dict[str, dict[str, list[str] | None]], bundles: Sequence[Path]) -> None:
    names = list(found)
    print(" " * 16 + "  ".join(f"{name:18}" for name in names))
    for check in next(iter(found.values())):
        cells = (_cell(found[name][check]) for name in names)
        print(f"{check:16}" + "  ".join(f"{cell:18}" for cell in cells))
    for name, checks in found.items():
        for check, faults in checks.items():
            for fault in faults or ():
                print(f"{name}: {check}: {fault}")
    for bundle in bundles:
        for file, note in NOTES:
            if not (bundle / file).exists():
                print(f"note: {bundle.resolve().name}: {note}")
    print(f"note: {OF_THE_ZOO}")


if __name__ == "__main__":
    sys.exit(main())
