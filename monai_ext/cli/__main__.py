# SPDX-License-Identifier: Apache-2.0
"""`python -m monai_ext.cli`, the same as `vasomim`."""

from .main import main

if __name__ == "__main__":
    raise SystemExit(main())
