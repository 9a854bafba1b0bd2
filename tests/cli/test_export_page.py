# SPDX-License-Identifier: Apache-2.0
"""The snippets of docs/export.md that read exported files, run on such files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from monai_ext.cli import main
from monai_ext.networks import stenosis_retinanet, vessel_segmenter, write_weights

ROOT = Path(__file__).parents[2]
SNIPPETS = re.findall(r"^```py\n(.*?)^```", (ROOT / "docs" / "export.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """`exported` and `detection`, as the page's commands write them, and a frame."""
    for package in ("onnxscript", "onnxruntime", "transformers"):
        pytest.importorskip(package, reason="pip install monai_ext[export]")
    folder = tmp_path_factory.mktemp("page")
    Image.fromarray(np.arange(64 * 64, dtype=np.uint32).reshape(64, 64).astype(np.uint8)).save(folder / "frame.png")
    networks = {"exported": ("vasomim_seg", vessel_segmenter), "detection": ("vasomim_detection", stenosis_retinanet)}
    for name, (bundle, make) in networks.items():
        write_weights(make("tiny", position_grid=14, seed=0).state_dict(), folder / f"{name}.pt")
        (folder / f"{name}.json").write_text(json.dumps({"position_grid": 14, "knobs": {"model": "tiny"}}))
        command = ["export", str(ROOT / "bundles" / bundle), "--weights", str(folder / f"{name}.pt")]
        formats = "onnx,pt2,hf" if name == "exported" else "boxes"
        assert main([*command, "--out", str(folder / name), "--format", formats]) == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_snippet_runs_on_exported_files(number, folder, monkeypatch):
    monkeypatch.chdir(folder)
    left: dict = {}
    exec(compile(SNIPPETS[number], "export.md", "exec"), left)
    result = next(left[name] for name in ("boxes", "hidden", "logits") if name in left)
    assert np.isfinite(np.asarray(result.detach() if hasattr(result, "detach") else result)).all()


def test_there_are_snippets_for_every_runtime():
    text = "".join(SNIPPETS)
    assert len(SNIPPETS) == 4
    assert all(name in text for name in ("onnxruntime", "boxes.onnx", "torch.export.load", "ViTMAEModel"))
