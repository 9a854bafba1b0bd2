# SPDX-License-Identifier: Apache-2.0
__all__ = ["CommandError"]


class CommandError(Exception):
    """What the user of a command can mend: its message is shown on one line, without a traceback, and the exit code is 2."""
