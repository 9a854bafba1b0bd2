# SPDX-License-Identifier: Apache-2.0
"""Without a PACS: what servers do wrong. What they do right is in test_orthanc.py."""

import json

import pytest
from http_peer import http_peer

from monai_ext.dicom import fetch_series

pytest.importorskip("dicomweb_client", reason="pip install monai_ext[dicom]")
QUERY = {"PatientID": "secret-4711"}


def found(study="1.2.3", series="1.2.4", instance="1.2.5"):
    item = {"0020000D": {"vr": "UI", "Value": [study]}, "0020000E": {"vr": "UI", "Value": [series]}}
    return 200, "application/dicom+json", json.dumps([item | {"00080018": {"vr": "UI", "Value": [instance]}}]).encode()


def multipart(content):
    return (
        200,
        "multipart/related; boundary=b",
        b"--b\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--b--",
    )


def fetch(answer, folder):
    with http_peer(answer) as url:
        return fetch_series(url, QUERY, folder, show=False)


def searched(then):
    """Answers searches well, and retrieval with `then`."""
    return lambda path: found() if "?" in path or path.endswith("/instances") else then


def test_a_file_lies_under_its_uids_and_is_that_of_the_server(tmp_path, edited, cine):
    import pydicom

    source = edited(cine, SOPInstanceUID="1.2.5")
    files = fetch(searched(multipart(source.read_bytes())), tmp_path / "back")
    assert [path.relative_to(tmp_path).as_posix() for path in files] == ["back/1.2.4/1.2.5.dcm"]
    assert pydicom.dcmread(files[0]) == pydicom.dcmread(source)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda _: (500, "text/plain", b"secret-4711"), "answers with HTTP status 500; look into its log"),
        (lambda _: (403, "text/plain", b""), "answers with HTTP status 403; these credentials may not do that"),
        (lambda _: (200, "text/html", b"<html>secret-4711"), "answer"),
        (lambda _: found(study="../../etc"), "does not answer as DICOMweb says"),
        (lambda _: found(instance="../../evil"), "does not answer as DICOMweb says"),
        (lambda _: (200, "application/dicom+json", b'[{"0020000D": {}}]'), "does not answer as DICOMweb says"),
        (searched(None), "broke off"),
        (searched((200, "application/dicom", b"secret-4711")), "does not answer as DICOMweb says"),
        (searched(multipart(b"no dicom")), "does not answer as DICOMweb says"),
    ],
)
def test_what_servers_do_wrong_is_one_clear_error(answer, message, tmp_path, caplog):
    caplog.set_level("DEBUG")
    with pytest.raises(ConnectionError, match=rf"the PACS at 'http://127.0.0.1:\d+/dicom-web' .*{message}") as error:
        fetch(answer, tmp_path / "back")
    assert "4711" not in str(error.value) + caplog.text
    assert error.value.__cause__ is None and error.value.__context__ is None
    assert not (tmp_path / "back").exists()


def test_another_file_than_was_asked_for_is_refused(tmp_path, cine):
    with pytest.raises(ValueError, match="must send the file that it was asked for, got another"):
        fetch(searched(multipart(cine.read_bytes())), tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_nobody_there_is_told(tmp_path):
    with pytest.raises(ConnectionError, match=r"the PACS at 'http://127.0.0.1:9' cannot be reached"):
        fetch_series("http://127.0.0.1:9", QUERY, tmp_path, show=False)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "a query must have a value to match, got none"),
        ({"PatientID": "*"}, "a query must have a value to match, got none"),
        ({"Patient": "1"}, "a query must be of DICOM keywords, got 'Patient'"),
    ],
)
def test_queries_for_everything_or_nothing_are_refused(query, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        fetch_series("http://127.0.0.1:9", query, tmp_path, show=False)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/x", r"a DICOMweb address must be http\(s\)://host\[:port\]/path, got 'ftp://host/x'"),
        ("http:///x", "a DICOMweb address must be"),
        ("http://me:geheim@host/x", "the address of a PACS must not hold credentials; set VASOMIM_PACS_USER"),
    ],
)
def test_addresses_are_checked(url, message, tmp_path):
    with pytest.raises(ValueError, match=message) as error:
        fetch_series(url, QUERY, tmp_path, show=False)
    assert "geheim" not in str(error.value)


def test_a_token_is_sent_as_bearer(tmp_path, monkeypatch):
    from monai_ext.dicom.pacs_client import pacs_client

    monkeypatch.setenv("VASOMIM_PACS_TOKEN", "abc")
    monkeypatch.setenv("VASOMIM_PACS_USER", "not used")
    client = pacs_client("http://127.0.0.1:9")
    import requests

    request = client._session.prepare_request(requests.Request("GET", "http://127.0.0.1:9/studies"))
    assert request.headers["Authorization"] == "Bearer abc"
