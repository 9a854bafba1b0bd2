# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from small_archive import small_archive


@pytest.fixture(scope="session")
def archive(tmp_path_factory) -> dict[str, Path]:
    """See `small_archive`."""
    pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")
    return small_archive(tmp_path_factory.mktemp("archive"))
