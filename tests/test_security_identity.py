# SPDX-License-Identifier: Apache-2.0
"""Who the patient is stays in DICOM files; credentials stay in the environment (docs/security.md)."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

pydicom = pytest.importorskip("pydicom", reason="pip install 'monai_ext[dicom]'")

from secret_cine import SECRETS, write_secret_cine  # noqa: E402
from small_prediction import BUNDLE, predict, small_weights  # noqa: E402

from monai_ext.cli import main  # noqa: E402

EVERYTHING = "png,json,csv,nii,seg,sr,gsps,sc,mp4"
NOT_DICOM = "png,json,csv,nii,mp4"


def secrets_in(*texts: str) -> list[str]:
    return [secret for secret in SECRETS if any(secret in text for text in texts)]


def content(folder: Path, ending: str = "") -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name.endswith(ending)]
    return [path.read_bytes().decode("latin-1") for path in files] + [str(path.relative_to(folder)) for path in files]


@pytest.fixture
def run(tmp_path, capfd, caplog):
    """Predicts on files, at the highest level of logging; returns what was said and the folder of results."""
    caplog.set_level(logging.DEBUG)

    def predict_on(folder: Path, formats: str, *options: str) -> tuple[int, str, Path]:
        weights = small_weights(tmp_path / "model.pt")
        code = predict(folder, tmp_path / "out", weights, "--format", formats, *options)
        said = capfd.readouterr()
        return code, said.out + said.err + caplog.text, tmp_path / "out"

    return predict_on


def test_only_dicom_results_tell_who_the_patient_is(run, tmp_path, recwarn):
    write_secret_cine(tmp_path / "in" / "1.dcm")
    code, said, out = run(tmp_path / "in", EVERYTHING)
    assert code == 0, said
    assert secrets_in(said, *(str(warning.message) for warning in recwarn)) == []
    results = {path for path in out.rglob("*") if path.is_file()}
    told = {path for path in results if secrets_in(path.read_bytes().decode("latin-1"), path.name)}
    assert told == {path for path in results if path.suffix == ".dcm"}, (
        "DICOM results carry the patient, nothing else does"
    )


def test_files_that_cannot_be_used_are_told_without_the_patient(run, tmp_path):
    """pydicom's messages quote values; ours, also in predictions.json, do not."""
    whole = write_secret_cine(tmp_path / "whole.dcm").read_bytes()
    broken = {
        "cut": whole[:-3000],
        "kind": whole.replace(b"PN\x0b", b"DS\x0b"),
        "length": whole.replace(b"\x10\x00\x20\x00LO", b"\x28\x00\x08\x00IS"),
        "no_xa": whole.replace(b"1.2.840.10008.5.1.4.1.1.12.1", b"1.2.840.10008.5.1.4.1.1.2.00"),
    }
    (tmp_path / "in").mkdir()
    for name, damaged in broken.items():
        (tmp_path / "in" / f"{name}.dcm").write_bytes(damaged)
    write_secret_cine(tmp_path / "in" / "whole.dcm")
    code, said, out = run(tmp_path / "in", NOT_DICOM)
    assert code in (0, 3), said
    assert secrets_in(said, *content(out)) == [] and json.loads((out / "predictions.json").read_text())["failures"]


@pytest.mark.slow
def test_a_run_of_the_bundle_tells_nothing_of_the_patient(tmp_path, capfd, caplog):
    """As MONAI starts it; its masks and its log."""
    import monai.bundle

    caplog.set_level(logging.DEBUG)
    write_secret_cine(tmp_path / "in" / "1.dcm")
    monai.bundle.run(
        config_file=str(BUNDLE / "configs" / "inference.json"), meta_file=None, logging_file=None, bundle_root=str(BUNDLE),
        dataset_dir=str(tmp_path / "in"), weights_file=str(small_weights(tmp_path / "model.pt")), output_dir=str(tmp_path / "out"), overlays=True,
    )  # fmt: skip
    said = capfd.readouterr()
    assert list((tmp_path / "out").rglob("*.png"))
    assert secrets_in(said.out, said.err, caplog.text, *content(tmp_path / "out")) == []


@pytest.mark.slow
def test_a_corpus_tells_nothing_of_the_patient(tmp_path, capfd):
    """files.csv, for the owner alone, tells where a frame came from: paths, which must not be named after patients, but nothing of a header."""
    write_secret_cine(tmp_path / "in" / "1.dcm", frames=12, size=128)
    code = main(["curate", str(tmp_path / "in"), "--out", str(tmp_path / "corpus")])
    said = capfd.readouterr()
    assert code == 0, said.err
    assert secrets_in(said.out, said.err, *content(tmp_path / "corpus")) == []


ADDRESS = "http://doctor:hunter2@127.0.0.1:9/dicom-web"


@pytest.mark.parametrize(
    "options",
    [
        ("--pacs", ADDRESS, "--query", "PatientID=geheim-4711"),
        ("--pacs", "http://127.0.0.1:9/dicom-web", "--query", "PatientID=geheim-4711"),
    ],
)
def test_neither_credentials_nor_a_query_are_told(options, tmp_path, capfd, caplog, monkeypatch):
    """Nobody listens at that address; what is said of it, and left of it, holds no password and no patient."""
    pytest.importorskip("dicomweb_client", reason="pip install 'monai_ext[dicom]'")
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("VASOMIM_PACS_USER", "doctor")
    monkeypatch.setenv("VASOMIM_PACS_PASSWORD", "hunter2")
    weights = small_weights(tmp_path / "model.pt")
    code = main(
        ["predict", *options, "--bundle", str(BUNDLE), "--weights", str(weights), "--out", str(tmp_path / "out")]
    )
    said = capfd.readouterr()
    told = [said.out, said.err, caplog.text, *(content(tmp_path / "out") if (tmp_path / "out").exists() else [])]
    assert code in (2, 4) and said.err
    assert not any(secret in text for text in told for secret in ("hunter2", "geheim-4711"))


def test_an_address_to_send_to_that_holds_a_password_is_refused_and_not_told(run, tmp_path):
    pytest.importorskip("dicomweb_client", reason="pip install 'monai_ext[dicom]'")
    write_secret_cine(tmp_path / "in" / "1.dcm")
    code, said, out = run(tmp_path / "in", "seg", "--no-viewer", "--send", ADDRESS)
    assert code != 0 and "hunter2" not in said and not any("hunter2" in text for text in content(out))
