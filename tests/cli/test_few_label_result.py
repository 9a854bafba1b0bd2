# SPDX-License-Identifier: Apache-2.0
import pytest
from made_cell import finish, make_cell

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.few_label_result import FewLabelResult


def test_it_is_read_from_the_files_of_the_bundle(tmp_path):
    cell = make_cell(tmp_path, "unet", 0.5, seed=2)
    finish(cell, dice=0.75, images=100)
    read = FewLabelResult.read(cell)
    assert read == FewLabelResult("unet", 0.5, 100, 2, 0.75, 0.65, 12.0, 0.6, 0.7, best_epoch=7, minutes=2.5)
    assert list(read.row()) == FewLabelResult.columns()
    assert (read.row()["dice"], read.row()["seed"]) == ("0.7500", 2)


def test_a_measure_that_no_image_has_is_left_empty(tmp_path):
    cell = make_cell(tmp_path)
    finish(cell, without=("cldice",))
    read = FewLabelResult.read(cell)
    assert read.cldice is None and read.row()["cldice"] == ""


@pytest.mark.parametrize(("name", "content"), [("model.json", None), ("run.json", "{}"), ("curves.csv", "a\n1\n")])
def test_missing_and_broken_files_are_named_with_what_to_do(name, content, tmp_path):
    cell = make_cell(tmp_path)
    finish(cell)
    (cell.folder / name).unlink()
    if content:
        (cell.folder / name).write_text(content)
    with pytest.raises(CommandError, match=r"none_0.1_0' must hold what the bundle wrote, .*; remove that folder"):
        FewLabelResult.read(cell)
