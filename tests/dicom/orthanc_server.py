# SPDX-License-Identifier: Apache-2.0
"""A real PACS for the tests: Orthanc with its DICOMweb plugin, on free ports of this machine, with nothing in it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


class OrthancServer:
    """Started when made, gone after `stop`.

    Args:
        folder: for its data and log.
        settings: laid over its configuration.
    """

    def __init__(self, folder: Path, **settings) -> None:
        self._program = shutil.which("Orthanc")
        if not self._program or not PLUGIN.exists():
            pytest.skip("apt-get install orthanc orthanc-dicomweb to run this test")
        self.folder, self.http_port, self.dicom_port = folder, free_port(), free_port()
        self._settings = settings
        folder.mkdir(parents=True, exist_ok=True)
        self._start()

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    @property
    def dicom(self) -> str:
        return f"dicom://ORTHANC@127.0.0.1:{self.dicom_port}"

    def instances(self) -> int:
        with urlopen(f"http://127.0.0.1:{self.http_port}/statistics") as answer:
            return json.load(answer)["CountInstances"]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _start(self) -> None:
        configuration = {
            "StorageDirectory": str(self.folder / "data"),
            "IndexDirectory": str(self.folder / "data"),
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "DicomCheckCalledAet": True,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "Plugins": [str(PLUGIN)],
            "DicomWeb": {"Enable": True},
        } | self._settings
        (self.folder / "orthanc.json").write_text(json.dumps(configuration))
        with open(self.folder / "log.txt", "w") as log:
            self._process = subprocess.Popen([self._program, self.folder / "orthanc.json"], stdout=log, stderr=log)
        for _ in range(300):
            with suppress(URLError, OSError), socket.create_connection(("127.0.0.1", self.http_port), 1):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"Orthanc did not start:\n{(self.folder / 'log.txt').read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
