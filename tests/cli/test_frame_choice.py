# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.cli.command_error import CommandError
from monai_ext.cli.frame_choice import FrameChoice


@pytest.mark.parametrize(
    ("text", "expected"),
    [("all", range(9)), ("strongest", range(4, 5)), ("3", range(3, 4)), ("2-5", range(2, 6)), ("8-8", range(8, 9))],
)
def test_frames_are_chosen_as_they_are_typed(text, expected):
    assert FrameChoice.parse(text).numbers(9, lambda: 4) == expected


@pytest.mark.parametrize("text", ["all", "strongest", "7", "2-5"])
def test_a_file_of_one_frame_gives_it_whatever_is_wanted(text):
    assert FrameChoice.parse(text).numbers(1, lambda: pytest.fail("nothing to look for")) == range(1)


@pytest.mark.parametrize("text", ["", "5-2", "-1", "1-", "first", "1,2", "1.5", "99999999"])
def test_what_is_no_choice_is_refused(text):
    with pytest.raises(CommandError, match=f"--frames must be all, strongest, N or N-M with N <= M, got '{text}'"):
        FrameChoice.parse(text)


def test_frames_that_a_file_has_not_are_told():
    with pytest.raises(ValueError, match="it has the frames 0 to 8, --frames asks for 9"):
        FrameChoice.parse("5-9").numbers(9, lambda: 0)
