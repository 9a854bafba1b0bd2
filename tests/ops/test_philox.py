# SPDX-License-Identifier: Apache-2.0
import pytest
import torch

from monai_ext.ops.philox import philox

ONES = 0xFFFFFFFF
KNOWN = {  # "philox4x32 10" of the known answers that come with Random123
    ((0, 0, 0, 0), (0, 0)): (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ((ONES,) * 4, (ONES,) * 2): (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)): (
        0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), KNOWN.items())
def test_known_answers(given, words):
    counter, key = (tuple(map(torch.tensor, part)) for part in given)
    assert tuple(int(word) for word in philox(counter, key)) == words


def test_words_broadcast_and_may_be_plain_numbers():
    words = philox((torch.arange(3), 0, torch.arange(2)[:, None], 0), (7, torch.tensor(1)))
    assert all(word.shape == (2, 3) and word.dtype == torch.int64 for word in words)
    alone = philox((torch.tensor(2), torch.tensor(0), torch.tensor(1), torch.tensor(0)), (7, 1))
    assert [int(word[1, 2]) for word in words] == [int(word) for word in alone]
