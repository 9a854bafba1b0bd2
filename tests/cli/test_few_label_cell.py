# SPDX-License-Identifier: Apache-2.0
import dataclasses
import shlex

import pytest
from made_cell import finish, make_cell

from monai_ext.cli.starting_weights import StartingWeights


def options(command):
    assert command[0] == "run" and len(command) % 2 == 1
    return {name.removeprefix("--"): value for name, value in zip(command[1::2], command[2::2], strict=True)}


def test_a_training_has_its_labels_seed_and_folder(tmp_path):
    given = options(make_cell(tmp_path, fraction=0.1, seed=3, epochs=40).training())
    assert (given["label_fraction"], given["split_seed"], given["seed"], given["epochs"]) == ("0.1", "3", "3", "400")
    assert (
        given["output_dir"] == str(tmp_path / "none_0.1_3")
        and given["weights_file"] == f"{given['output_dir']}/model.pt"
    )
    assert given["resume"] == "false" and "initial_weights" not in given


def test_an_evaluation_judges_that_training_on_the_split(tmp_path):
    cell = make_cell(tmp_path, "unet", split="test", task="stenosis")
    given = options(cell.evaluation())
    assert given["config_file"].endswith(
        "'configs/stenosis.json', 'configs/baseline_unet.json', 'configs/evaluate.json']"
    )
    assert given["weights_file"] == options(cell.training())["weights_file"]
    assert (given["split"], given["output_dir"]) == ("test", str(cell.folder / "evaluation"))
    assert "split" not in options(cell.training())  # the epoch is chosen on val, whatever is judged


def test_weights_of_a_file_are_the_start(tmp_path):
    cell = dataclasses.replace(make_cell(tmp_path), weights=StartingWeights("mae", tmp_path / "mae.pt"))
    assert options(cell.training())["initial_weights"] == str(tmp_path / "mae.pt")
    assert cell.name == "mae_0.1_0"


@pytest.mark.parametrize(("fraction", "epochs"), [(1.0, 40), (0.5, 80), (0.3, 133), (0.01, 4000)])
def test_fewer_labels_are_seen_more_often(fraction, epochs, tmp_path):
    assert make_cell(tmp_path, fraction=fraction, epochs=40).epochs == epochs


def test_knobs_win_over_what_the_experiment_chooses(tmp_path):
    assert options(make_cell(tmp_path, knobs={"checkpoint_every": "2"}).training())["checkpoint_every"] == "2"


def test_it_goes_on_from_where_it_is(tmp_path):
    cell = make_cell(tmp_path)
    assert cell.left_to_do() == [cell.training(), cell.evaluation()]
    finish(cell)
    assert cell.is_finished and cell.left_to_do() == []
    (cell.folder / "evaluation" / "report.html").unlink()  # killed after the metrics, before the pictures
    assert not cell.is_finished and cell.left_to_do() == [cell.evaluation()]
    (cell.folder / "run.json").unlink()
    assert cell.left_to_do() == [cell.training(resume=True), cell.evaluation()]
    assert options(cell.left_to_do()[0])["resume"] == "true"


def test_shown_commands_can_be_typed(tmp_path):
    cell = make_cell(tmp_path / "a folder")
    training, evaluation = map(shlex.split, cell.shown())
    assert training == ["python", "-m", "monai.bundle", *cell.training()]
    assert evaluation == ["python", "-m", "monai.bundle", *cell.evaluation()]
