# SPDX-License-Identifier: Apache-2.0
from types import SimpleNamespace

import pytest

from monai_ext.ops.step_follows import step_follows


@pytest.mark.parametrize(
    ("length", "accumulation", "steps"),
    [(5, 1, [1, 2, 3, 4, 5, 6]), (5, 2, [2, 4, 5, 7, 9, 10]), (4, 2, [2, 4, 6, 8, 10]), (None, 3, [3, 6, 9])],
)
def test_a_step_follows_its_last_batch_and_that_of_the_epoch(length, accumulation, steps):
    def engine(iteration):
        state = SimpleNamespace(epoch_length=length, iteration=iteration)
        return SimpleNamespace(state=state, accumulation_steps=accumulation)

    assert [i for i in range(1, 11) if step_follows(engine(i))][: len(steps)] == steps
