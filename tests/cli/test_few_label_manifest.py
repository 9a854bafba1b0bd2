# SPDX-License-Identifier: Apache-2.0
import dataclasses
import json

import pytest
from made_cell import make_cell

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.few_label_manifest import FewLabelManifest
from monai_ext.cli.starting_weights import StartingWeights


def add(cells, typed="a command"):
    manifest = FewLabelManifest(cells[0].out, cells[0].plan)
    manifest.add(cells, typed)
    return manifest


def test_it_holds_what_was_asked_and_the_commands_of_every_cell(tmp_path):
    cell = make_cell(tmp_path, knobs={"model": "tiny"})
    add([cell])
    content = json.loads((tmp_path / "experiment.json").read_text())
    assert content["asked"] == {
        "task": "vessel",
        "dataset_dir": [],
        "split": "val",
        "epochs": 40,
        "knobs": {"model": "tiny"},
    }
    assert content["typed"] == ["a command"] and content["cells"]["none_0.1_0"]["commands"] == cell.shown()


def test_another_command_adds_its_cells_and_the_same_one_changes_nothing(tmp_path):
    first, second = make_cell(tmp_path), make_cell(tmp_path, "unet", 1.0, seed=1)
    add([first])
    add([second], "another")
    before = (tmp_path / "experiment.json").read_bytes()
    manifest = add([first])
    assert manifest.cells == [first, second] and manifest.typed == ["a command", "another"]
    assert (tmp_path / "experiment.json").read_bytes() == before


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"task": "segment"}, "--task must be vessel as in '.*experiment.json', got segment; or name another --out"),
        ({"split": "test"}, "--split must be val as in"),
        ({"epochs": 2}, "--epochs must be 40 as in .*, got 2"),
        ({"dataset_dir": ("/",)}, r"--dataset_dir must be none as in .*, got \['/'\]"),
        ({"knobs": {"model": "tiny"}}, "--knob must be none as in .*, got {'model': 'tiny'}"),
    ],
)
def test_another_plan_is_refused(plan, message, tmp_path):
    add([make_cell(tmp_path)])
    with pytest.raises(CommandError, match=message):
        FewLabelManifest(tmp_path, make_cell(tmp_path, **plan).plan)


def test_weights_may_move_but_others_of_the_same_name_are_refused(tmp_path):
    def cell(name, content):
        (tmp_path / name).write_bytes(content)
        return dataclasses.replace(make_cell(tmp_path / "out"), weights=StartingWeights("mae", tmp_path / name))

    add([cell("a.pt", b"1")])
    assert add([cell("b.pt", b"1")]).cells[0].weights.file == tmp_path / "b.pt"
    before = (tmp_path / "out" / "experiment.json").read_bytes()
    with pytest.raises(CommandError, match=r"--weights 'mae' must be those of '.*b.pt' .*, got others in '.*c.pt'"):
        add([cell("c.pt", b"2")])
    assert (tmp_path / "out" / "experiment.json").read_bytes() == before


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(CommandError, match="--out must be a new folder or one of this experiment"):
        FewLabelManifest(tmp_path, make_cell(tmp_path).plan)


def test_what_a_kill_before_the_first_training_leaves_is_no_obstacle(tmp_path):
    for name in (".lock", "experiment.json.tmp"):
        (tmp_path / name).touch()
    assert add([make_cell(tmp_path)]).cells == [make_cell(tmp_path)]


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
def test_a_broken_one_is_refused(content, tmp_path):
    (tmp_path / "experiment.json").write_text(content)
    with pytest.raises(CommandError, match="must be what this command wrote, it is not"):
        FewLabelManifest(tmp_path, make_cell(tmp_path).plan)
