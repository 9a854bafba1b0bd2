# SPDX-License-Identifier: Apache-2.0
"""The three bundles pass the zoo's checks, offline; every kind of fault is found in a copy that has it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "model_zoo"
BUNDLES = sorted(path.name for path in (ROOT / "bundles").iterdir())

sys.path.insert(0, str(FOLDER))
import check_bundles  # noqa: E402
import run_checks  # noqa: E402


def copied(name: str, folder: Path) -> Path:
    """A bundle as it is shipped, without what runs left in it and without weights of one's own."""

    def left_out(place: str, names: list[str]) -> set[str]:
        large = {name for name in names if Path(place, name).is_file() and Path(place, name).stat().st_size > 25e6}
        return large | {"runs", "images"} & set(names)

    return Path(shutil.copytree(ROOT / "bundles" / name, folder / name, ignore=left_out))


def edit(path: str, change: Callable[[dict], object]) -> Callable[[Path], None]:
    """A change of a JSON file of a bundle."""

    def do(bundle: Path) -> None:
        content = json.loads((bundle / path).read_text())
        change(content)
        (bundle / path).write_text(json.dumps(content))

    return do


def replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    def do(bundle: Path) -> None:
        text = (bundle / path).read_text()
        assert old in text
        (bundle / path).write_text(text.replace(old, new, 1))

    return do


def write(path: str, content: bytes) -> Callable[[Path], None]:
    def do(bundle: Path) -> None:
        (bundle / path).parent.mkdir(parents=True, exist_ok=True)
        (bundle / path).write_bytes(content)

    return do


INFERENCE, TRAIN, METADATA = (f"configs/{name}.json" for name in ("inference", "train", "metadata"))
LISTED = b"large_files:\n- path: models/big.pt\n  url: https://example.org/big.pt\n"
FILE_FAULTS = {
    "no licence": (lambda bundle: (bundle / "LICENSE").unlink(), "files", "'LICENSE' is missing"),
    "no training": (lambda bundle: (bundle / TRAIN).unlink(), "files", "'configs/train.json' is missing"),
    "code": (write("scripts/net.py", b""), "files", "'scripts/net.py' must lie in configs, docs, models"),
    "a pickle": (write("models/net.pkl", b""), "files", "'models/net.pkl' is of a kind"),
    "a link": (lambda bundle: (bundle / "docs" / "x.md").symlink_to("/etc/passwd"), "files", "is a link"),
    "a large file": (write("docs/big.png", bytes(26 * 2**20)), "large files", "'docs/big.png' has 26 MB"),
    "no hash": (write("large_files.yml", LISTED), "large files", "models/big.pt must have a hash_val"),
    "another licence": (write("LICENSE", b"MIT License\n"), "licences", "LICENSE must be the Apache License"),
    "data without a licence": (
        lambda bundle: ((bundle / "docs" / "data_license.txt").unlink(missing_ok=True), write("models/a.pt", b"")(bundle)),
        "licences", "'docs/data_license.txt' is missing; models/a.pt",
    ),
    "a key twice": (replace(INFERENCE, "{", '{"device": "cpu", '), "JSON", "has keys that stand twice: device"),
    "NaN": (replace(TRAIN, '"image_mean": 0.45', '"image_mean": NaN'), "JSON", "must hold numbers, got NaN"),
    "a path": (edit(TRAIN, lambda c: c.update(cache_dir="/home/me/cache")), "paths", "cache_dir must hold no path of one machine"),
    "a root": (edit(INFERENCE, lambda c: c.update(bundle_root="/workspace")), "paths", "bundle_root must be '.'"),
    "eval": (edit(INFERENCE, lambda c: c.update(device="$eval('1')")), "expressions", "device must not use eval"),
    "a shell": (edit(TRAIN, lambda c: c["run"].append("$os.system('id')")), "expressions", "must not use os.system"),
    "a pickle read": (edit(INFERENCE, lambda c: c["run"].append("$torch.load('x')")), "expressions", "must not use torch.load"),
    "no pins": (edit(METADATA, lambda c: c.pop("required_packages_version")), "metadata", "'required_packages_version' is a required"),
    "no changelog": (edit(METADATA, lambda c: c.update(changelog={"0.0.9": "x"})), "metadata", "the changelog must tell of version"),
    "another version": (edit(METADATA, lambda c: c.update(version="9.9.9")), "metadata", "version must be that of monai_ext"),
    "no title": (replace("docs/README.md", "# ", "## "), "README", "must begin with a title"),
    "no results": (replace("docs/README.md", "## Results", "## Else"), "README", "must have the section 'Results'"),
    "no warning": (replace("docs/README.md", "not a medical device", "a toy"), "README", "must say that it is not a medical device"),
}  # fmt: skip


@pytest.mark.parametrize("name", BUNDLES)
def test_the_files_of_every_bundle_are_as_the_zoo_wants_them(name, tmp_path):
    assert not any(check_bundles.check_bundle(copied(name, tmp_path), quick=True).values())


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_fault_of_the_files_is_found_and_alone(fault, tmp_path):
    do, check, message = FILE_FAULTS[fault]
    bundle = copied("vasomim_seg", tmp_path)
    do(bundle)
    found = check_bundles.check_bundle(bundle, quick=True)
    assert any(message in told for told in found[check]), found
    assert not any(faults for name, faults in found.items() if name not in {check, "files"})


def test_the_command_tells_the_faults_and_fails(tmp_path, capsys):
    bundle = copied("vasomim_detection", tmp_path)
    assert check_bundles.main([str(bundle), "--quick"]) == 0
    (bundle / "LICENSE").unlink()
    assert check_bundles.main([str(bundle), "--quick"]) == 1
    assert "vasomim_detection: files: 'LICENSE' is missing" in capsys.readouterr().out


def test_a_bundle_that_is_not_there_is_told(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        check_bundles.main([str(tmp_path / "none")])
    assert "a bundle must be a folder" in capsys.readouterr().err


RANDOM = (
    "$type('Noise', (torch.nn.Module,), {'__module__': 'torch.nn', 'forward': lambda self, x: x * torch.rand(())})()"
)
RUN_FAULTS = {
    "channels": (
        edit(METADATA, lambda c: c["network_data_format"]["outputs"]["pred"].update(num_channels=3)), "network", "channel number",
    ),
    "no schema": (edit(METADATA, lambda c: c.pop("schema")), "verify_metadata", "schema"),
    "no evaluator": (edit(INFERENCE, lambda c: (c.pop("evaluator"), c.update(run=[]))), "inference", "'evaluator' not in the config"),
    "no folder": (edit(TRAIN, lambda c: c.update({"validate": {"dataset": {}}, "train": c["train"] | {"handlers": []}})), "training", "validate#evaluator"),
    "an answer of chance": (edit(INFERENCE, lambda c: c.update(network_def=RANDOM)), "TorchScript", "TorchScript must answer as torch does"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", RUN_FAULTS)
def test_a_fault_that_shows_in_a_run_is_found(fault, tmp_path):
    do, check, message = RUN_FAULTS[fault]
    bundle = copied("vasomim_seg", tmp_path)
    do(bundle)
    faults = check_bundles._faults(run_checks.RUN_CHECKS[check], bundle)
    assert faults and message in faults[0]


@pytest.mark.slow
def test_boxes_of_another_kind_than_the_metadata_tell_are_found(tmp_path):
    bundle = copied("vasomim_detection", tmp_path)
    edit(METADATA, lambda c: c["network_data_format"]["outputs"]["pred"].update(dtype="float16"))(bundle)
    assert "boxes must be ['n', 4] float16, got" in next(run_checks.network_is_as_told(bundle))


@pytest.mark.slow
def test_every_bundle_passes_the_zoos_checks_without_a_network(tmp_path, monkeypatch, capsys):
    """The whole command; nothing is written into a bundle, nothing is asked of a network."""

    def refuse(*_):
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    bundles = [copied(name, tmp_path) for name in BUNDLES]
    before = sorted(tmp_path.rglob("*"))
    code = check_bundles.main(list(map(str, bundles)))
    said = capsys.readouterr().out
    assert code == 0 and "faults" not in said and said.count(" ok") == 14 * 3 - 1 and said.count("left out") == 1, said
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_it_runs_as_a_script():
    done = subprocess.run([sys.executable, FOLDER / "check_bundles.py", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--quick" in done.stdout
