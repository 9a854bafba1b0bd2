# SPDX-License-Identifier: Apache-2.0
"""Stands in for pydicom-seg, which MONAI Label imports and this app does not use: it asks for old versions of numpy and pydicom."""
