# SPDX-License-Identifier: Apache-2.0
from made_cell import result

from monai_ext.cli.few_label_table import few_label_table

COMMAND = "vasomim experiment few-label --weights none mae=../mae.pt --out runs/a"
RESULTS = [
    result("none", 1.0, 0, 0.6), result("none", 1.0, 1, 0.7),
    result("none", 0.1, 0, 0.2), result("none", 0.1, 1, 0.4),
    result("mae", 0.1, 0, 0.5), result("mae", 0.1, 1, 0.6),
    result("mae", 1.0, 1, 0.8),
]  # fmt: skip


def test_it_has_a_row_for_weights_and_a_column_for_labels():
    text = few_label_table(RESULTS, title="Few labels", typed=[COMMAND], unfinished=["mae_1_0"])
    dice, cldice = (part.splitlines() for part in text.split("\n\n")[2:4])
    assert dice == [
        "| Dice | 10 images (10 %) | 100 images (100 %) |",
        "| --- | --- | --- |",
        "| none | 0.300 ± 0.141 | 0.650 ± 0.071 |",
        "| mae | 0.550 ± 0.071 (+0.250) | 0.800 (+0.100), 1 seed |",  # against none of seed 1
    ]
    assert cldice[0].startswith("| clDice |") and cldice[2] == "| none | 0.200 ± 0.141 | 0.550 ± 0.071 |"


def test_it_tells_the_command_the_seeds_and_what_is_not_finished():
    text = few_label_table(RESULTS, title="Few labels", typed=[COMMAND, "another"], unfinished=["mae_1_0"])
    assert text.startswith(f"# Few labels\n\n```\n{COMMAND}\nanother\n```\n")
    assert "over the seeds 0, 1; in brackets the difference to `none` with the same labels.\n" in text
    assert text.endswith("Not finished, and left out of the means: 1 of 8 trainings (mae_1_0).\n")


def test_without_a_base_and_with_one_seed_it_says_less():
    text = few_label_table([result("mae", 0.1, 4, 0.5), result("unet", 1.0, 4, 0.25)], title="T", typed=[COMMAND])
    assert "| mae | 0.500 | – |" in text and "| unet | – | 0.250 |" in text
    assert text.endswith("\n\nSeed 4.\n") and "±" not in text and "+" not in text


def test_numbers_of_images_that_differ_between_seeds_are_a_range():
    rows = [result("none", 0.1, 0, 0.5, images=9), result("none", 0.1, 1, 0.5, images=12)]
    assert "| Dice | 9 to 12 images (10 %) |" in few_label_table(rows, title="T", typed=[])


def test_one_image_is_no_plural():
    assert "| Dice | 1 image (1 %) |" in few_label_table([result("none", 0.01, 0, 0.5)], title="T", typed=[])


def test_before_the_first_result_it_tells_the_command_alone():
    text = few_label_table([], title="T", typed=[COMMAND], unfinished=["none_1_0"])
    assert "|" not in text and COMMAND in text and "1 of 1 trainings" in text
