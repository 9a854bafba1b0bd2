# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from cost_model import BUCKET, CostModel, Link

MEASURED = {
    "device": "cuda",
    "steps": [
        {"micro_batch": 10, "accumulation": 1, "seconds": 0.13},
        {"micro_batch": 30, "accumulation": 1, "seconds": 0.33},
        {"micro_batch": 20, "accumulation": 1, "seconds": 9.0},
        {"micro_batch": 40, "accumulation": 2, "seconds": 9.0},
    ],
    "parts": {"forward": 0.1, "backward": 0.2, "optimizer": 0.01},
    "gradient_bytes": 4 * BUCKET,
    "loader": [{"workers": 0, "frames_per_second": 50.0}, {"workers": 4, "frames_per_second": 100.0}],
}  # fmt: skip


@pytest.fixture
def model() -> CostModel:
    return CostModel.of(MEASURED)


def test_ends_of_the_measured_micro_batches_are_met(model):
    """0.13 s and 0.33 s by hand: 0.01 s an image, 0.02 s a micro-batch, 0.01 s the update; what lies between is not used."""
    assert (model.image, model.fixed, model.update) == pytest.approx((0.01, 0.02, 0.01))
    assert [model.step(images, 1, 1, Link(1)).seconds for images in (10, 30)] == pytest.approx([0.13, 0.33])


def test_accumulated_micro_batches_share_one_update(model):
    assert model.step(10, 3, 1, Link(1)).compute == pytest.approx(3 * 0.12 + 0.01)


def test_a_ring_sends_almost_twice_the_gradients():
    """Of 8 processes each sends 14/8 of the bytes, in 14 messages a bucket."""
    assert Link(rate=BUCKET, latency=0.5).all_reduce(2 * BUCKET, 8) == pytest.approx(14 / 8 * 2 + 14 * 2 * 0.5)
    assert Link(rate=1).all_reduce(BUCKET, 1) == 0


def test_a_backward_pass_covers_all_but_the_last_bucket(model):
    """100 images: 1.02 s, two thirds of it backward."""
    fast, slow = (model.step(100, 1, 2, Link(rate)) for rate in (40 * BUCKET, 2 * BUCKET))
    assert fast.communication == pytest.approx(0.1) and fast.waiting == pytest.approx(0.025)
    assert slow.communication == pytest.approx(2) and slow.waiting == pytest.approx(2 - 2 / 3 * 1.02)


def test_a_cpu_sends_with_the_cores_that_compute():
    cost = CostModel.of(MEASURED | {"device": "cpu"}).step(10, 1, 2, Link(4 * BUCKET))
    assert cost.waiting == cost.communication == pytest.approx(1) and cost.seconds == pytest.approx(1.13)


def test_a_loader_that_is_slower_than_the_step_sets_the_pace(model):
    assert model.step(20, 1, 1, Link(1)).seconds == pytest.approx(0.23)
    assert CostModel.of(MEASURED | {"loader": [{"frames_per_second": 10.0}]}).step(
        20, 1, 1, Link(1)
    ).seconds == pytest.approx(2)


def test_one_micro_batch_counts_in_proportion():
    model = CostModel.of(MEASURED | {"steps": MEASURED["steps"][:1]})
    assert (model.fixed, model.image) == pytest.approx((0, 0.012))


def test_no_micro_batch_is_refused():
    with pytest.raises(ValueError, match="steps must hold a micro-batch without accumulation, got none"):
        CostModel.of(MEASURED | {"steps": MEASURED["steps"][3:]})
