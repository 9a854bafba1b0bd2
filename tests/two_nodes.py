# SPDX-License-Identifier: Apache-2.0
"""Two machines emulated on one: network namespaces with addresses and host names of their own, and a cable between them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# The name of the host and its table of names are private to what runs there, as the network is.
# No name server: else each unknown name waits for one that is out of reach.
ENTER = 'hostname "$1"; mount --bind "$2" /etc/hosts; mount --bind "$3" /etc/resolv.conf; shift 3; exec "$@"'


@contextmanager
def two_nodes(folder: Path) -> Iterator[list[list[str]]]:
    """What to put before a command so that it runs on node1 (10.77.0.1) or node2 (10.77.0.2); they know each other by name.

    Args:
        folder: where the table of names may be written.
    """
    need_namespaces()
    spaces = [f"vasomim{os.getpid()}x{number}" for number in (1, 2)]
    hosts, servers = folder / "hosts", folder / "resolv.conf"
    servers.touch()
    hosts.write_text("127.0.0.1 localhost\n10.77.0.1 node1\n10.77.0.2 node2\n")
    try:
        connect(spaces)
        yield [
            ["nsenter", f"--net=/run/netns/{space}", "unshare", "--uts", "--mount", "sh", "-ec", ENTER, "sh", f"node{number}", str(hosts), str(servers)]
            for number, space in enumerate(spaces, 1)
        ]  # fmt: skip
    finally:
        for space in spaces:
            subprocess.run(["ip", "netns", "delete", space], check=False, capture_output=True)


def connect(spaces: list[str]) -> None:
    """A pair of linked network cards, one in each namespace."""
    for space in spaces:
        ip("netns", "add", space)
    ip("link", "add", "net1", "netns", spaces[0], "type", "veth", "peer", "name", "net2", "netns", spaces[1])
    for number, space in enumerate(spaces, 1):
        ip("-n", space, "address", "add", f"10.77.0.{number}/24", "dev", f"net{number}")
        for card in ("lo", f"net{number}"):
            ip("-n", space, "link", "set", card, "up")


def ip(*words: str) -> None:
    """The tool of iproute2."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def need_namespaces() -> None:
    """Skips where they are not allowed."""
    if os.geteuid() or not (all(map(shutil.which, ("ip", "nsenter", "unshare")))):
        pytest.skip("two nodes are emulated in network namespaces: needs root and Debian's iproute2 and util-linux")
    if subprocess.run(["unshare", "--net", "--uts", "--mount", "true"], capture_output=True).returncode:
        pytest.skip("two nodes are emulated in network namespaces, which are not allowed here")
