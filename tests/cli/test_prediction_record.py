# SPDX-License-Identifier: Apache-2.0
import json
import os

import pytest

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.prediction_record import PredictionRecord

SETTINGS = {"bundle": "a", "frames": "all"}


@pytest.fixture
def source(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "7.dcm").write_bytes(b"source")
    return tmp_path / "in" / "7.dcm"


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    PredictionRecord(tmp_path / "out", SETTINGS).write()
    (tmp_path / "out" / "7.json").touch()
    return tmp_path / "out"


def test_a_later_command_knows_what_is_finished(out, source):
    record = PredictionRecord(out, SETTINGS)
    record.finish("7.dcm", record.stamp(source), [out / "7.json"], 5)
    record.write({"frames": 5})
    record = PredictionRecord(out, SETTINGS)
    assert len(record) == 1 and record.frames == 5 and record.results == [out / "7.json"]
    assert record.is_finished("7.dcm", record.stamp(source), [out / "7.json"])
    assert not record.is_finished("7.dcm", record.stamp(source), [out / "7.json", out / "7.csv"])
    assert not record.is_finished("8.dcm", record.stamp(source), [out / "7.json"])


def test_a_changed_source_and_a_lost_result_are_done_again(out, source):
    record = PredictionRecord(out, SETTINGS)
    record.finish("7.dcm", record.stamp(source), [out / "7.json"], 5)
    (out / "7.json").unlink()
    assert not record.is_finished("7.dcm", record.stamp(source), [out / "7.json"])
    (out / "7.json").touch()
    assert record.is_finished("7.dcm", record.stamp(source), [out / "7.json"])
    os.utime(source, ns=(1, 1))
    assert not record.is_finished("7.dcm", record.stamp(source), [out / "7.json"])


def test_results_of_another_format_stay_known(out, source):
    record = PredictionRecord(out, SETTINGS)
    for name in ("7.json", "7.csv"):
        (out / name).touch()
        record.finish("7.dcm", record.stamp(source), [out / name], 5)
    assert record.results == [out / "7.csv", out / "7.json"]


def test_failures_are_told_and_tried_again(out):
    record = PredictionRecord(out, SETTINGS)
    record.fail("8.dcm", "broken")
    record.write()
    assert json.loads((out / "predictions.json").read_text())["failures"] == [{"file": "8.dcm", "reason": "broken"}]
    assert PredictionRecord(out, SETTINGS).failures == {}


def test_other_settings_are_refused_with_what_differs(out):
    with pytest.raises(CommandError, match="was made with frames all, not 3; name another"):
        PredictionRecord(out, SETTINGS | {"frames": "3"})


def test_a_folder_with_other_things_is_refused(out):
    (out / "predictions.json").unlink()
    with pytest.raises(CommandError, match="--out must be a new folder or one of the same prediction"):
        PredictionRecord(out, SETTINGS)
    for content in ("{", "{}", "[]", '{"settings": 3}'):
        (out / "predictions.json").write_text(content)
        with pytest.raises(CommandError, match="--out must be"):
            PredictionRecord(out, SETTINGS)


def test_a_file_cannot_be_the_folder(source):
    with pytest.raises(CommandError, match="--out must be a folder that can be read"):
        PredictionRecord(source, SETTINGS)
