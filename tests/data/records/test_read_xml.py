# SPDX-License-Identifier: Apache-2.0
"""Label files in XML are not trusted: neither entities nor depth nor size cost memory."""

import tracemalloc

import pytest

from monai_ext.data.records.read_xml import read_xml

BOX = b"<annotation><object><name>Stenosis</name><bndbox><xmin>1</xmin></bndbox></object></annotation>"


@pytest.fixture
def read(tmp_path):
    def write_and_read(content: bytes):
        path = tmp_path / "1.xml"
        path.write_bytes(content)
        return read_xml(path)

    return write_and_read


@pytest.mark.parametrize("content", [BOX, b'<?xml version="1.0"?>\n' + BOX, BOX.decode().encode("utf-16")])
def test_labels_are_read(read, content):
    assert read(content).findtext("object/bndbox/xmin") == "1"


def laughs(levels: int, width: int) -> bytes:
    """A billion laughs: each entity is many of the one before."""
    entities = [b'<!ENTITY e0 "laugh">']
    entities += [b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * width) for n in range(1, levels)]
    return b"<!DOCTYPE x [%s]><x>&e%d;</x>" % (b"".join(entities), levels - 1)


@pytest.mark.parametrize(
    "content",
    [
        laughs(10, 10),
        laughs(10, 10).decode().encode("utf-16"),
        b'<!DOCTYPE x [<!ENTITY a "%s">]><x>%s</x>' % (b"a" * 100_000, b"&a;" * 100_000),
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
        b'<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><x/>',
    ],
)
def test_entities_are_refused_before_they_grow(read, content):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="it must have no document type"):
            read(content)
        assert tracemalloc.get_traced_memory()[1] < 8e6
    finally:
        tracemalloc.stop()


def test_a_large_file_is_refused_before_it_is_read(read):
    with pytest.raises(ValueError, match="it must have at most 1048576 bytes"):
        read(b"<x>" + b" " * 2**20 + b"</x>")


def test_depth_does_no_harm(read):
    depth = 2**20 // 7
    assert sum(1 for _ in read(b"<a>" * depth + b"</a>" * depth).iter("a")) == depth


@pytest.mark.parametrize(
    "content", [b"", b"<x>", b"no xml", b"<x>&unknown;</x>", b'<?xml version="1.0" encoding="none"?><x/>']
)
def test_what_is_no_xml_is_told(read, content):
    with pytest.raises(ValueError):
        read(content)
