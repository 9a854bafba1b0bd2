# SPDX-License-Identifier: Apache-2.0
__all__ = ["CommandError"]


class CommandError(Exception):
    """What the user of a command can mend: its message is shown on one line, without a traceback.

    Args:
        message: for the user.
        code: that the program exits with; 2 if nothing was done.
    """

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code
