# SPDX-License-Identifier: Apache-2.0
import inspect
from importlib import import_module

import pytest

from monai_ext.cli import predict_output as module
from monai_ext.cli.command_error import CommandError
from monai_ext.cli.predict_output import OUTPUTS, PredictOutput, chosen_outputs


def test_every_format_has_its_writer():
    chosen = chosen_outputs(",".join({output.format for output in OUTPUTS}), viewer=True)
    assert [output.ending for output in chosen] == [output.ending for output in OUTPUTS] + [".html"]
    for output in chosen:
        part, name = output.writer.split(".")
        function = getattr(import_module(f"monai_ext.{part}"), name)
        assert next(iter(inspect.signature(function).parameters)) == "result"


def test_formats_are_taken_in_any_order_and_case():
    assert [output.ending for output in chosen_outputs(" CSV,json,", viewer=False)] == [".json", ".csv"]


def test_an_unknown_format_is_told_with_all_that_there_are():
    with pytest.raises(CommandError, match="--format must be some of png,json,csv,nii,seg,sr,gsps,sc,mp4, got 'pdf'"):
        chosen_outputs("png,pdf", viewer=True)


def test_nothing_to_write_is_refused():
    with pytest.raises(CommandError, match="--format must name at least one"):
        chosen_outputs("", viewer=False)
    assert len(chosen_outputs("", viewer=True)) == 1


def test_a_format_without_its_library_is_refused(monkeypatch):
    missing = PredictOutput("nii", ".nii.gz", "results.write_nifti", ("no_such_module",), "nifti")
    monkeypatch.setattr(module, "OUTPUTS", (missing,))
    with pytest.raises(CommandError, match=r"--format nii needs no_such_module.*pip install 'monai_ext\[nifti\]'"):
        chosen_outputs("nii", viewer=False)


def test_files_and_folders_are_taken_away(tmp_path):
    output = PredictOutput("png", ".masks", "results.write_masks")
    folder = output.path(tmp_path, "left/7.1")
    assert folder == tmp_path / "left" / "7.1.masks"
    folder.mkdir(parents=True)
    (folder / "0.png").touch()
    for _ in range(2):
        output.remove(folder)
        assert not folder.exists()
