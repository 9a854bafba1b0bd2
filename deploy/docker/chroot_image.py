# SPDX-License-Identifier: Apache-2.0
"""Tests the Dockerfile where there is no Docker: its steps, in a copy of a Debian system. Linux, as root.

    debootstrap --variant=minbase bookworm base
    python deploy/docker/chroot_image.py build base image [--env PIP_CERT=/...] [--mount /folder:/folder]
    python deploy/docker/chroot_image.py run --mount angiograms:/in --mount results:/out image /in --bundle /opt/bundles/vasomim_seg --out /out

`build` understands what our Dockerfile uses: ARG, FROM, RUN, COPY, ENV, WORKDIR, USER, ENTRYPOINT, CMD; `--env` are build arguments, which do not stay
in the image. `run` does what `docker run --read-only --tmpfs /tmp --network none` does: the image's user and environment, nothing to write to
but /tmp and what is mounted, no network.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

__all__ = ["build_image", "run_image"]

_HERE = Path(__file__).parent
_OF_DEBIAN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}


def build_image(
    base: Path, image: Path, *, arguments: Mapping[str, str] = (), mounts: Sequence[str] = (), dockerfile: Path = _HERE / "Dockerfile"
) -> None:  # fmt: skip
    """Build the image of a Dockerfile; its facts (user, environment, entry point) go to `<image>.json`.

    Args:
        base: root of a fresh Debian system, which stands for every `FROM` of an image; it is copied.
        image: new folder, the root of the last stage. Earlier stages stay beside it, as `<image>.<stage>`.
        arguments: environment of the RUN lines besides theirs: build arguments, and what pip needs on this machine.
        mounts: `folder:place`, there to be read while a RUN line runs.
        dockerfile: to read; paths of its COPY lines count from the root of the repository.

    Raises:
        ValueError: if the file has an instruction that is not understood.
        subprocess.CalledProcessError: if a step fails.
    """
    build = _Build(base.resolve(), image.resolve(), dict(arguments), mounts)
    for instruction, words in _instructions(dockerfile.read_text(encoding="utf-8")):
        print(f"{instruction} {words}", flush=True)
        step = getattr(build, f"do_{instruction.lower()}", None)
        if step is None:
            raise ValueError(f"instruction must be one that this script knows, got {instruction}; add it here.")
        step(words)
    build.root.rename(build.image)
    build.image.with_name(f"{image.name}.json").write_text(json.dumps(build.facts, indent=2) + "\n", encoding="utf-8")


def run_image(
    image: Path, arguments: Sequence[str], *, mounts: Sequence[str] = (), timeout: float | None = None
) -> int:
    """Start an image: no network, read-only, as its user.

    Args:
        image: that `build_image` made.
        arguments: of its entry point; none for its CMD.
        mounts: `folder:place`.
        timeout: seconds.

    Returns:
        The exit code of the command.
    """
    facts = json.loads(image.with_name(f"{image.name}.json").read_text(encoding="utf-8"))
    command = [*facts["entrypoint"], *(arguments or facts["command"])]
    script = _script(image.resolve(), mounts, facts, shlex.join(command), read_only=True)
    return subprocess.run(["unshare", "--mount", "--net", "sh", "-ec", script], timeout=timeout, env={}).returncode


class _Build:
    """The state between two instructions; `do_<instruction>` does one."""

    def __init__(self, base: Path, image: Path, arguments: dict[str, str], mounts: Sequence[str]) -> None:
        self.base, self.image, self.given, self.mounts = base, image, arguments, mounts
        self.arguments: dict[str, str] = {}

    def do_arg(self, words: str) -> None:
        name, _, default = words.partition("=")
        self.arguments[name] = self.given.get(name, default)

    def do_from(self, words: str) -> None:
        self.root = self._stage(words.partition(" AS ")[2] or "last")
        subprocess.run(["cp", "--archive", "--reflink=auto", self.base, self.root], check=True)
        self.facts = {"user": "root", "workdir": "/", "environment": dict(_OF_DEBIAN), "entrypoint": [], "command": []}

    def do_run(self, words: str) -> None:
        facts = self.facts | {"environment": self.facts["environment"] | self.arguments | self.given}
        script = _script(self.root, self.mounts, facts, words)
        subprocess.run(["unshare", "--mount", "sh", "-ec", script], check=True, env={})

    def do_copy(self, words: str) -> None:
        *sources, target = [word for word in words.split() if not word.startswith("--")]
        stage = re.match(r"--from=(\S+)", words)
        origin = self._stage(stage[1]) if stage else _HERE.parents[1]
        place = self.root / Path(self.facts["workdir"], target).as_posix().lstrip("/")
        for source in (origin / source.lstrip("/") for source in sources):
            if source.is_dir():
                shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True, ignore=_left_out)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, place)

    def do_env(self, words: str) -> None:
        self.facts["environment"] |= dict(word.split("=", 1) for word in shlex.split(words))

    def do_workdir(self, words: str) -> None:
        self.facts["workdir"] = words
        (self.root / words.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def do_user(self, words: str) -> None:
        self.facts["user"] = words

    def do_entrypoint(self, words: str) -> None:
        self.facts["entrypoint"] = json.loads(words)

    def do_cmd(self, words: str) -> None:
        self.facts["command"] = json.loads(words)

    def _stage(self, name: str) -> Path:
        return self.image.with_name(f"{self.image.name}.{name}")


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        instruction, _, words = line.partition(" ")
        yield instruction, " ".join(words.split())


def _left_out(folder: str, names: list[str]) -> set[str]:
    """What .dockerignore leaves out within folders that are copied."""
    in_bundle = Path(folder).parent.name == "bundles"
    return {name for name in names if name == "__pycache__" or (in_bundle and name in ("runs", "images"))}


def _script(root: Path, mounts: Sequence[str], facts: Mapping, command: str, *, read_only: bool = False) -> str:
    """For `unshare --mount sh`: mounts end with it."""
    inside = shlex.quote(str(root))
    lines = [f"mount --rbind {inside} {inside}"]
    if read_only:
        lines += [f"mount -o remount,bind,ro {inside}", f"mount -t tmpfs -o mode=1777 tmpfs {inside}/tmp"]
    lines += [f"mount -t proc proc {inside}/proc", f"mount --rbind /dev {inside}/dev"]
    for folder, place in (mount.rsplit(":", 1) for mount in mounts):
        target = shlex.quote(f"{root}{place}")
        lines += [] if read_only else [f"mkdir -p {target}"]
        lines += [f"mount --bind {shlex.quote(str(Path(folder).resolve()))} {target}"]
        # A step that installs packages must not be able to change this machine.
        lines += [] if read_only else [f"mount -o remount,bind,ro {target}"]
    environment = shlex.join(f"{name}={value}" for name, value in facts["environment"].items())
    words = shlex.quote(f"cd {shlex.quote(facts['workdir'])} && {command}")
    lines += [f"exec chroot --userspec={facts['user']} {inside} /usr/bin/env -i {environment} /bin/sh -ec {words}"]
    return "\n".join(lines)


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    build, run = commands.add_parser("build"), commands.add_parser("run")
    build.add_argument("base", type=Path)
    build.add_argument("image", type=Path)
    build.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    run.add_argument("image", type=Path)
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="of the entry point")
    for each in (build, run):
        each.add_argument("--mount", action="append", default=[], metavar="FOLDER:PLACE")
    options = parser.parse_args()
    if options.command == "run":
        return run_image(options.image, options.arguments, mounts=options.mount)
    given = dict(pair.split("=", 1) for pair in options.env)
    build_image(options.base, options.image, arguments=given, mounts=options.mount)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
