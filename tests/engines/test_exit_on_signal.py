# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import threading
from importlib import import_module

import pytest

from monai_ext.engines.exit_on_signal import exit_on_signal

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1]


@pytest.fixture(autouse=True)
def command(monkeypatch):
    """As in `python -m monai.bundle run`, whatever this process has inherited: who is started in the background ignores SIGINT."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    monkeypatch.setattr(import_module("monai_ext.engines.exit_on_signal"), "_is_command", lambda: True)


def test_a_program_that_runs_a_bundle_keeps_its_handlers(monkeypatch):
    monkeypatch.undo()
    before = [signal.getsignal(number) for number in SIGNALS]
    exit_on_signal()
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_unwinds_what_is_at_work_and_leaves_its_code(number, capsys):
    exit_on_signal()
    tidy = []
    with pytest.raises(SystemExit) as leave:
        try:
            os.kill(os.getpid(), number)
        finally:
            tidy.append("up")
    assert leave.value.code == 128 + number and tidy == ["up"]
    assert capsys.readouterr().err == f"{number.name}: ended outside of the training, there is nothing to save.\n"


def test_a_handler_that_is_there_is_kept():
    seen = []
    signal.signal(signal.SIGUSR1, lambda *_: seen.append("theirs"))
    exit_on_signal()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert seen == ["theirs"]


def test_in_another_thread_nothing_happens():
    before = [signal.getsignal(number) for number in SIGNALS]
    thread = threading.Thread(target=exit_on_signal)
    thread.start()
    thread.join()
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_forked_child_ends_in_silence(capfd):
    exit_on_signal()
    child = os.fork()
    if not child:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except SystemExit as leave:
            os._exit(leave.code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 143
    assert capfd.readouterr().err == ""
