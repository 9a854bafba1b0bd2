# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch

from monai_ext.networks import StenosisDetector, ViTEncoder, ViTRetinaNet, export_boxes_onnx
from monai_ext.networks.boxes_onnx_file import AllBoxes

SCORE, OVERLAP = 0.02, 0.3


@pytest.fixture(scope="module")
def detector() -> StenosisDetector:
    """One with lively heads: boxes of many sizes and scores, some beyond the border."""
    encoder = ViTEncoder(1, 16, 32, 4, 4, position_grid=14, window=5, seed=0)
    network = ViTRetinaNet(encoder, width=16, seed=0)
    generator = torch.Generator().manual_seed(0)
    for name, value in network.named_parameters():
        if "cls_logits" in name or "bbox_reg" in name:
            value.data = 0.5 * torch.randn(value.shape, generator=generator)
    return StenosisDetector(network, score_threshold=SCORE, nms_threshold=OVERLAP).eval()


def image(*size) -> torch.Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_all_boxes_hold_those_that_the_detector_finds(detector):
    found, every = detector(image(1, 1, 96, 160))[0], AllBoxes(detector)(image(1, 1, 96, 160))
    boxes, scores = every["all_boxes"][0], every["all_scores"][0, 0]
    assert (
        len(boxes) == len(scores) == sum(96 * 160 // stride**2 for stride in (4, 8, 16, 32)) and len(found["boxes"]) > 5
    )
    for box, score in zip(found["boxes"], found["scores"], strict=True):
        assert ((boxes - box).abs().amax(1) + (scores - score).abs()).min() < 1e-4
    assert boxes[:, [0, 2]].max() == 160 and boxes[:, [1, 3]].max() == 96 and boxes.min() == 0


@pytest.mark.slow
@torch.no_grad()
def test_file_finds_what_the_detector_finds(detector, tmp_path):
    runtime = pytest.importorskip("onnxruntime", reason="pip install monai_ext[export]")
    pytest.importorskip("onnxscript")
    export_boxes_onnx(detector, tmp_path / "boxes.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["boxes.onnx"]
    session = runtime.InferenceSession(tmp_path / "boxes.onnx", providers=["CPUExecutionProvider"])
    for threshold, shape in ((0.5, (3, 1, 96, 64)), (0.9, (2, 1, 160, 224)), (0.5, (1, 1, 32, 32))):
        given = {"image": image(*shape).numpy(), "score_threshold": np.array([threshold], np.float32)}
        boxes, scores, numbers, *_ = session.run(None, given)
        detector.box_selector.score_thresh = threshold
        for number, own in enumerate(detector(image(*shape))):
            assert len(own["boxes"]) > 0
            np.testing.assert_allclose(boxes[numbers == number], own["boxes"], atol=1e-2)
            np.testing.assert_allclose(scores[numbers == number], own["scores"], atol=1e-4)
    detector.box_selector.score_thresh = SCORE
    (usual,) = session.run(["scores"], {"image": image(1, 1, 64, 64).numpy()})
    assert SCORE < usual.min() < 0.5  # the detector's own threshold holds if none is given
