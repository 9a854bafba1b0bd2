# SPDX-License-Identifier: Apache-2.0
"""A running MONAI Label server on synthetic angiograms, with small networks. `make test-label` runs these tests in the server's environment."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "deploy/monailabel/app"))

from label_studies import draw_studies, teach_networks

ROOT = Path(__file__).parents[3]
APP = ROOT / "deploy" / "monailabel"
_PATIENCE = 180  # seconds until the server answers


@pytest.fixture(scope="session")
def studies(tmp_path_factory) -> Path:
    """Angiograms that are not square, see `draw_studies`."""
    folder = tmp_path_factory.mktemp("studies")
    draw_studies(folder)
    return folder


@pytest.fixture(scope="session")
def bundles(tmp_path_factory, studies) -> Path:
    """The bundles of this project with weights of small networks, and one without any."""
    folder = tmp_path_factory.mktemp("bundles")
    for name, source in (("vasomim_seg",) * 2, ("vasomim_detection",) * 2, ("bare_detection", "vasomim_detection")):
        shutil.copytree(ROOT / "bundles" / source / "configs", folder / name / "configs")
    teach_networks(folder, studies)
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory, bundles, studies):
    """Address of a server, started by the command that users start it by."""
    work, port = tmp_path_factory.mktemp("work"), _free_port()
    command = [APP / "start", "--studies", studies, "--bundles", bundles, "--work", work, "--port", port]
    command += ["--venv", sys.prefix, "--models", "vasomim_seg,vasomim_detection,bare_detection"]
    with open(work / "server.txt", "w") as log:
        process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{port}", process, work / "server.txt")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(address: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(f"{address}/info/", timeout=_PATIENCE):
                return
        except URLError:
            time.sleep(0.5)
    raise RuntimeError(f"the server does not answer:\n{log.read_text()[-3000:]}")
