# SPDX-License-Identifier: Apache-2.0
import csv
import json
from types import SimpleNamespace

from ignite.engine import Engine

from monai_ext.handlers import MetricsFile


def write(folder, **knobs):
    metric = SimpleNamespace(
        summary={"error": {"mean": 0.5, "std": 0.1, "n": 1}}, rows=[{"error": 0.5}, {"error": float("nan")}]
    )
    engine = Engine(lambda engine, batch: None)
    MetricsFile(metric, folder, **knobs).attach(engine)
    engine.run([0])


def test_json_holds_the_summary_and_csv_one_row_an_image(tmp_path):
    write(tmp_path / "run", files=["a.png", "b.png"], context={"seed": 3})
    assert json.loads((tmp_path / "run" / "metrics.json").read_text()) == {
        "error": {"mean": 0.5, "std": 0.1, "n": 1},
        "context": {"seed": 3},
    }
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").open()))
    assert rows == [{"image": "a.png", "error": "0.500000"}, {"image": "b.png", "error": ""}]


def test_a_quantity_that_no_image_has_is_left_out(tmp_path):
    metric = SimpleNamespace(
        summary={"error": {"mean": 0.5, "std": 0.0, "n": 1}}, rows=[{"error": 0.5, "dice": float("nan")}]
    )
    MetricsFile(metric, tmp_path)(Engine(lambda engine, batch: None))
    assert list(csv.DictReader((tmp_path / "metrics.csv").open())) == [{"image": "0", "error": "0.500000"}]


def test_columns_are_those_of_the_rows_in_their_order_and_counts_are_written_as_counts(tmp_path):
    rows = [{"found": 0, "f1": float("nan"), "best_score": 0.25}, {"found": 3, "f1": 1.0, "best_score": float("nan")}]
    metric = SimpleNamespace(summary={"mAP": {"mean": 0.5, "std": 0.0, "n": 2}}, rows=rows)
    MetricsFile(metric, tmp_path)(Engine(lambda engine, batch: None))
    text = (tmp_path / "metrics.csv").read_text().splitlines()
    assert text == ["image,found,f1,best_score", "0,0,,0.250000", "1,3,1.000000,"]


def test_means_are_logged(tmp_path, caplog):
    with caplog.at_level("INFO"):
        write(tmp_path)
    assert "error 0.5000 ± 0.1000 (1 images)" in caplog.messages


def test_intervals_and_classes_are_written_where_the_metric_has_them(tmp_path, caplog):
    summary = {"dice": {"mean": 0.5, "std": 0.1, "n": 2, "ci95": [0.4, 0.6]}}
    by_class = {"LM": {"n": 2, "dice": 0.5}, "RCA": {"n": 0}}
    metric = SimpleNamespace(summary=summary, rows=[{"dice": 0.4}, {"dice": 0.6}], summary_by_class=by_class)
    with caplog.at_level("INFO"):
        MetricsFile(metric, tmp_path)(Engine(lambda engine, batch: None))
    assert json.loads((tmp_path / "metrics.json").read_text()) == {**summary, "classes": by_class, "context": {}}
    assert "dice 0.5000 ± 0.1000 [0.4000, 0.6000] (2 images)" in caplog.messages


def test_a_metric_of_one_class_has_no_table_of_classes(tmp_path):
    metric = SimpleNamespace(summary={"dice": {"mean": 1.0, "std": 0.0, "n": 1}}, rows=[], summary_by_class={})
    MetricsFile(metric, tmp_path)(Engine(lambda engine, batch: None))
    assert set(json.loads((tmp_path / "metrics.json").read_text())) == {"dice", "context"}


def test_images_without_names_are_counted(tmp_path):
    write(tmp_path)
    assert [row["image"] for row in csv.DictReader((tmp_path / "metrics.csv").open())] == ["0", "1"]
