# SPDX-License-Identifier: Apache-2.0
"""A call in a child process that cannot have more memory, so that a test of a bomb neither fills the machine nor believes the code."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

__all__ = ["error_within"]


def error_within(megabytes: int, call: Callable[..., Any], *arguments: Any) -> str:
    """What a call raises when it may take so much memory more than the process has; "" if nothing, "died" if it ended its process.

    Args:
        megabytes: of address space besides what is mapped already.
        call: runs in the child.
        arguments: of it.
    """
    if sys.platform != "linux":
        pytest.skip("the limit of address space that this test needs is Linux's")
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_call, args=(there, megabytes * 2**20, call, arguments), daemon=True)
    child.start()
    there.close()
    try:
        return here.recv() if here.poll(120) else "no answer"
    except EOFError:
        return "died"
    finally:
        child.kill()
        child.join()


def _call(there, more: int, call: Callable[..., Any], arguments: tuple) -> None:
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more,) * 2)
    try:
        call(*arguments)
        there.send("")
    except BaseException as error:
        there.send(f"{type(error).__name__}: {error}")
