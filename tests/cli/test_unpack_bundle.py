# SPDX-License-Identifier: Apache-2.0
import zipfile

import pytest

from monai_ext.cli.unpack_bundle import unpack_bundle

CONFIG = "configs/inference.json"


def pack(path, names):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "{}")
    return path


@pytest.mark.parametrize("top", ["", "vasomim_seg/"])
def test_a_bundle_is_found_at_the_top_or_in_one_folder(top, tmp_path):
    archive = pack(tmp_path / "b.zip", [f"{top}{CONFIG}", f"{top}models/model.pt", f"{top}docs/"])
    folder = unpack_bundle(archive, tmp_path / "out")
    assert folder == tmp_path / "out" / top and (folder / "models" / "model.pt").read_text() == "{}"


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:/evil", "a\\..\\evil", "a//b", "./evil"])
def test_names_that_lead_elsewhere_are_refused_before_anything_is_written(name, tmp_path):
    archive = pack(tmp_path / "b.zip", [CONFIG, name])
    with pytest.raises(ValueError, match="its names must stay in its folder, got"):
        unpack_bundle(archive, tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == [archive]


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("models")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(CONFIG, "{}")
        archive.writestr(link, "/etc")
    with pytest.raises(ValueError, match="'models' is a link or a device"):
        unpack_bundle(tmp_path / "b.zip", tmp_path / "out")


def test_a_bomb_is_refused_by_what_it_would_become(tmp_path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(2**24))
    with pytest.raises(ValueError, match=r"must hold at most .* bytes, got 16777216"):
        unpack_bundle(tmp_path / "b.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [(CONFIG, CONFIG), (CONFIG, CONFIG.upper())])
def test_a_name_is_there_once(names, tmp_path):
    with pytest.raises(ValueError, match="its names must differ"):
        unpack_bundle(pack(tmp_path / "b.zip", names), tmp_path / "out")


@pytest.mark.parametrize("names", [["readme.txt"], [f"a/{CONFIG}", f"b/{CONFIG}"]])
def test_what_is_not_one_bundle_is_refused(names, tmp_path):
    with pytest.raises(ValueError, match=r"must hold one bundle with configs/inference.json, got [02]"):
        unpack_bundle(pack(tmp_path / "b.zip", names), tmp_path / "out")


def test_broken_archives_are_refused(tmp_path):
    archive = pack(tmp_path / "b.zip", [CONFIG])
    content = bytearray(archive.read_bytes())
    content[40] ^= 0xFF
    archive.write_bytes(content)
    (tmp_path / "no.zip").write_bytes(b"no zip")
    file_and_folder = pack(tmp_path / "both.zip", ["a", "a/b"])
    for path in (archive, tmp_path / "no.zip", file_and_folder):
        with pytest.raises(ValueError, match=f"'{path}' must be a zip file of a bundle, it is broken"):
            unpack_bundle(path, tmp_path / path.stem)
