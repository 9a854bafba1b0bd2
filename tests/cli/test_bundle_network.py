# SPDX-License-Identifier: Apache-2.0
import sys

import numpy as np
import pytest
import torch
from made_prediction import DETECTION, SEG, write_detection_weights, write_seg_weights

from monai_ext.cli.bundle_config import bundle_config
from monai_ext.cli.bundle_network import BundleNetwork, Found
from monai_ext.cli.command_error import CommandError
from monai_ext.cli.file_digest import file_digest
from monai_ext.inferers import AngiogramInferer
from monai_ext.networks import load_trained, vessel_segmenter
from monai_ext.phantom import SEGMENTS

FRAMES = np.random.default_rng(0).random((3, 64, 48), np.float32)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_seg_weights(tmp_path_factory.mktemp("weights") / "a.pt")


def opened(bundle, weights, device="cpu", **options):
    return BundleNetwork(bundle, bundle_config(bundle, weights=weights, **options), device=device)


def test_masks_are_those_of_the_network(weights):
    hook = sys.excepthook
    network = opened(SEG, weights)
    assert sys.excepthook is hook and not network.finds_boxes and network.class_names == ["vessels"]
    plain = load_trained(vessel_segmenter("unext", seed=1), weights).eval()
    with torch.no_grad():
        logits = AngiogramInferer(64, 32)(torch.from_numpy((FRAMES[:, None] - 0.45) / 0.18), plain)
    found = network.find(FRAMES)
    assert found.masks.dtype == np.uint8 and found.boxes is None and network.seconds > 0
    assert np.array_equal(found.masks, (logits[:, 0].sigmoid() > 0.5).numpy()) and 0 < found.masks.mean() < 1
    assert network.link(range(3), found) == ()


def test_the_threshold_of_the_training_is_taken_unless_another_is_given(tmp_path):
    path = write_seg_weights(tmp_path / "a.pt", threshold=0.52)
    stored, given = (opened(SEG, path, threshold=threshold).find(FRAMES).masks.mean() for threshold in (None, 0.48))
    assert stored < given


def test_segments_have_their_names(tmp_path):
    network = opened(SEG, write_seg_weights(tmp_path / "a.pt", classes=25))
    assert network.class_names == list(SEGMENTS) and len(np.unique(network.find(FRAMES).masks)) > 2


def test_a_detector_finds_boxes_that_become_lesions(tmp_path):
    network = opened(DETECTION, write_detection_weights(tmp_path / "a.pt"), knobs={"min_iou": 0.9})
    still = np.repeat(FRAMES[:1], 3, axis=0)
    found = network.find(still)
    assert network.finds_boxes and found.masks is None and len(found.boxes) == len(found.scores) == 3
    assert found.boxes[0].shape == (len(found.scores[0]), 4) and len(found.scores[0]) > 0
    lesions = network.link([4, 5, 6], found)
    assert len(lesions) == len(found.scores[0]) and all(lesion.frames == (4, 5, 6) for lesion in lesions)


def test_what_was_found_in_parts_is_joined():
    masks = [Found(np.full((n, 2, 2), n, np.uint8), None, None) for n in (1, 2)]
    assert Found.join(masks).masks[:, 0, 0].tolist() == [1, 2, 2]
    boxes = [Found(None, [np.zeros((n, 4))], [np.zeros(n)]) for n in (0, 2)]
    assert [len(own) for own in Found.join(boxes).boxes] == [0, 2] and Found.join(boxes).masks is None


def test_the_algorithm_is_told_by_the_bundle_and_its_weights(weights):
    algorithm = opened(SEG, weights).algorithm
    assert (algorithm.name, algorithm.version) == ("VasoMIM segmentation", "0.1.0")
    assert algorithm.weights == file_digest(weights)


def test_a_bundle_without_weights_says_how_to_get_some(tmp_path):
    with pytest.raises(
        CommandError, match=r"must have weights, there is no '.*none.pt'; train them .*, or name a file by --weights"
    ):
        opened(SEG, tmp_path / "none.pt")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"knobs": {"model": "tiny"}}, "Check that the model, and the number of classes"),
        ({"knobs": {"threshold": 7}}, "threshold must lie between 0 and 1, got 7"),
        ({"knobs": {"window": 33}}, "window must be of multiples of patch_size"),
        ({"knobs": {"label": "stenoses"}}, "must be of a training of the label 'stenoses', got one of 'vessels'"),
        ({"knobs": {"flip": "perhaps"}}, "a switch must be true or false, got 'perhaps'"),
        ({"device": "cuda:99"}, "--device must be one of this machine, such as cpu or cuda:0, got 'cuda:99'"),
        ({"device": "toaster"}, "--device must be one of this machine"),
    ],
)
def test_what_does_not_fit_is_said_by_the_innermost_cause(options, message, weights):
    with pytest.raises(CommandError, match=message):
        opened(SEG, weights, **options)


def test_images_smaller_than_a_patch_are_refused(weights):
    with pytest.raises(ValueError, match="both sides of an image must be at least 32 px"):
        opened(SEG, weights).find(FRAMES[:, :20])


def test_a_pickle_in_the_weights_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "evil"), "w"))

    torch.save({"a": Evil()}, tmp_path / "a.pt")
    (tmp_path / "a.json").write_text('{"knobs": {"model": "unext"}}')
    with pytest.raises(CommandError, match="must be safetensors or a plain state dict of torch"):
        opened(SEG, tmp_path / "a.pt")
    assert not (tmp_path / "evil").exists()
