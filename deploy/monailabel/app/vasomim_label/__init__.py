# SPDX-License-Identifier: Apache-2.0
"""The bundles of this project as tasks of MONAI Label."""
