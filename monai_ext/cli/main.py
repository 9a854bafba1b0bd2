# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Sequence

from monai_ext.ops import one_line

from .command_error import CommandError
from .curate import add_curate
from .experiment import add_experiment
from .export import add_export
from .one_line_parser import OneLineParser
from .phantom import add_phantom
from .predict import add_predict

__all__ = ["main"]

_COMMANDS = (add_predict, add_curate, add_phantom, add_experiment, add_export)
"""Each adds its parser, with defaults: `run`, which takes the options, and `stopped`, what Ctrl-C leaves."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command `vasomim`.

    Args:
        arguments: instead of those of the program.

    Returns:
        The exit code: 0, that of a `CommandError` (2 for what the user can mend; said in one line on the error stream), 130 when stopped by Ctrl-C.
    """
    parser = OneLineParser("vasomim", description="VasoMIM on MONAI: X-ray angiograms, from the command line.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for add in _COMMANDS:
        add(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except CommandError as error:
        return _end(error.code, options.command, str(error))
    except KeyboardInterrupt:
        return _end(130, options.command, options.stopped)
    return 0


def _end(code: int, command: str, message: str) -> int:
    print(f"vasomim {command}: {one_line(' '.join(message.split()))}", file=sys.stderr)
    return code
