# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.engines import as_bool


@pytest.mark.parametrize("value", [True, 1, "true", "True", "YES", "1"])
def test_true(value):
    assert as_bool(value) is True


@pytest.mark.parametrize("value", [False, 0, "false", "False", "no", "0"])
def test_false(value):
    assert as_bool(value) is False


@pytest.mark.parametrize("value", ["", "maybe", None, 2])
def test_anything_else_is_refused(value):
    with pytest.raises(ValueError, match="must be true or false, got"):
        as_bool(value)
