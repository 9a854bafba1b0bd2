# SPDX-License-Identifier: Apache-2.0
"""The container recipe: its rules, and on request its very steps and a run of what they make."""

from __future__ import annotations

import configparser
import fnmatch
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "docker"
TEXT = (FOLDER / "Dockerfile").read_text(encoding="utf-8")

sys.path[:0] = [str(FOLDER), str(ROOT / "tests")]
from chroot_image import build_image, run_image  # noqa: E402
from small_prediction import small_weights  # noqa: E402


def lines(instruction: str) -> list[str]:
    joined = re.sub(r"\\\n\s*", "", "\n".join(line for line in TEXT.splitlines() if not line.startswith("#")))
    return [line.partition(" ")[2] for line in joined.splitlines() if line.startswith(f"{instruction} ")]


def test_every_version_is_pinned():
    assert re.fullmatch(r"BASE=debian:bookworm-\d{8}-slim", lines("ARG")[0])
    (install,) = [line for line in lines("RUN") if "pip install" in line]
    assert "--constraint constraints.txt" in install
    assert re.search(r"^torch==\d", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


def test_it_runs_as_a_user_with_nothing_to_write_but_tmp():
    assert lines("USER") == ["vasomim"]
    (environment,) = lines("ENV")
    places = {name: place for name, place in (word.split("=") for word in environment.split()) if name != "PATH"}
    assert {places[name].split("/")[1] for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR")} == {"tmp"}


def test_the_extras_are_there():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    (extras,) = [line.partition("=")[2] for line in lines("ARG") if line.startswith("EXTRAS=")]
    assert set(extras.split(",")) <= set(setup["options.extras_require"])


def test_what_is_copied_is_there_and_sent():
    allowed = [
        line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    ]
    sources = [source for line in lines("COPY") if "--from" not in line for source in line.split()[:-1]]
    assert len(sources) > 5
    for source in sources:
        assert (ROOT / source).exists() and any(fnmatch.fnmatch(source, pattern) for pattern in allowed), source


def test_an_instruction_that_the_helper_does_not_know_is_told(tmp_path):
    (tmp_path / "Dockerfile").write_text("HEALTHCHECK NONE\n")
    with pytest.raises(ValueError, match="instruction must be one that this script knows, got HEALTHCHECK"):
        build_image(tmp_path, tmp_path / "image", dockerfile=tmp_path / "Dockerfile")


@pytest.mark.slow
@pytest.mark.skipif(
    "VASOMIM_CHROOT" not in os.environ,
    reason="set VASOMIM_CHROOT to a folder made by `debootstrap --variant=minbase bookworm FOLDER`",
)
def test_the_image_predicts_as_its_user_without_a_network(tmp_path, capfd):
    """Takes some minutes and downloads. `VASOMIM_CHROOT_MOUNTS`: folder:place, by blanks, that pip needs there; its variables (PIP_...) are passed on."""
    if os.geteuid():
        pytest.skip("chroot needs root")
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    mounts = os.environ.get("VASOMIM_CHROOT_MOUNTS", "").split()
    build_image(Path(os.environ["VASOMIM_CHROOT"]), tmp_path / "image", arguments=pip, mounts=mounts)
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "out").chmod(0o777)
    small_weights(tmp_path / "in" / "model.pt")
    Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(tmp_path / "in" / "1.png")
    for path in (tmp_path / "in").iterdir():
        path.chmod(0o644)
    options = ["--bundle", "/opt/bundles/vasomim_seg", "--weights", "/in/model.pt", "--out", "/out/run"]
    given = [f"{tmp_path / 'in'}:/in", f"{tmp_path / 'out'}:/out"]
    assert run_image(tmp_path / "image", ["/in/1.png", *options], mounts=given) == 0, capfd.readouterr().err
    assert {path.suffix for path in (tmp_path / "out" / "run").iterdir()} >= {".json", ".csv", ".html"}
    assert {path.stat().st_uid for path in (tmp_path / "out").rglob("*")} == {10001}
