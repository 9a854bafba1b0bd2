# SPDX-License-Identifier: Apache-2.0
import csv

from made_cell import finish, make_cell

from monai_ext.cli.few_label_manifest import FewLabelManifest
from monai_ext.cli.few_label_report import few_label_report


def test_it_tells_of_all_finished_cells_and_grows(tmp_path):
    cells = [make_cell(tmp_path, name, split="test") for name in ("none", "unet")]
    manifest = FewLabelManifest(tmp_path, cells[0].plan)
    manifest.add(cells, "a command")
    few_label_report(manifest)
    assert "2 of 2 trainings" in (tmp_path / "table.md").read_text() and not (tmp_path / "few_label.png").exists()
    for cell in cells:
        finish(cell, dice=0.6)
        few_label_report(manifest)
    rows = list(csv.DictReader((tmp_path / "results.csv").open()))
    assert [(row["weights"], row["dice"], row["cldice"], row["images"]) for row in rows] == [
        ("none", "0.6000", "0.5000", "10"),
        ("unet", "0.6000", "0.5000", "10"),
    ]
    table = (tmp_path / "table.md").read_text()
    assert table.startswith("# Few labels: vessel, test images\n") and "Not finished" not in table
    assert (tmp_path / "few_label.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob("*.tmp"))
