# SPDX-License-Identifier: Apache-2.0
"""Without a PACS: errors. That files arrive is in test_orthanc.py."""

import pytest
from http_peer import http_peer

from monai_ext.dicom import send_files

pytest.importorskip("pynetdicom", reason="pip install monai_ext[dicom]")
pytest.importorskip("dicomweb_client", reason="pip install monai_ext[dicom]")


@pytest.fixture
def store_peer():
    """A C-STORE server called PEER that answers with a status, or aborts instead of a second answer."""
    from pynetdicom import AE, evt
    from pynetdicom.sop_class import XRayAngiographicImageStorage

    started = []

    def start(statuses):
        answers = iter(statuses)

        def store(event):
            status = next(answers)
            if status is None:
                event.assoc.abort()
                return 0
            return status

        entity = AE(ae_title="PEER")
        entity.require_called_aet = True
        entity.add_supported_context(XRayAngiographicImageStorage)
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
        started.append(server)
        return f"dicom://PEER@127.0.0.1:{server.socket.getsockname()[1]}"

    yield start
    for server in started:
        server.shutdown()


def test_all_files_are_sent_and_warnings_are_no_errors(store_peer, single, cine):
    send_files([single, cine], store_peer([0x0000, 0xB000]), show=False)


@pytest.mark.parametrize(
    ("statuses", "message"),
    [
        ([0x0000, 0xA700], r"refuses '.*cine.*00001.dcm' \(status A700h\); look into its log"),
        ([0x0000, None], "broke off; check that the server runs, then send again"),
    ],
)
def test_what_goes_wrong_midway_is_one_clear_error(statuses, message, store_peer, single, cine):
    with pytest.raises(ConnectionError, match=message):
        send_files([single, cine], store_peer(statuses), show=False)


def test_a_kind_that_the_server_does_not_take_is_told(store_peer, single, edited):
    report = edited(single, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33")
    with pytest.raises(ConnectionError, match=r"does not take objects of the kind of '.*dcm'"):
        send_files([single, report], store_peer([0, 0]), show=False)


def test_the_wrong_name_is_told(store_peer, single):
    with pytest.raises(ConnectionError, match="refuses the association; check that it calls itself OTHER"):
        send_files([single], store_peer([0]).replace("PEER", "OTHER"), show=False)


@pytest.mark.parametrize("address", ["dicom://PACS@127.0.0.1:9", "http://127.0.0.1:9"])
def test_nobody_there_is_told(address, single):
    with pytest.raises(ConnectionError, match=f"the PACS at '{address}' cannot be reached"):
        send_files([single], address, show=False)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((409, "text/plain", b""), "HTTP status 409"),
        ((200, "application/dicom+json", b'{"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [272]}}]}}'), "refuses '.*00001.dcm' .reason 0110h"),
        ((200, "application/dicom+json", b"nonsense"), "nonsense"),
    ],
)  # fmt: skip
def test_what_a_web_server_refuses_is_told(answer, message, single):
    with http_peer(lambda _: answer) as url, pytest.raises(ConnectionError, match=message):
        send_files([single], url, show=False)


@pytest.mark.parametrize(
    "address",
    ["dicom://127.0.0.1:9", "dicom://PACS@127.0.0.1", "dicom://PACS@127.0.0.1:x", "dicom://" + 17 * "A" + "@h:1"],
)
def test_dicom_addresses_are_checked(address, single):
    with pytest.raises(ValueError, match=f"a DICOM address must be dicom://AET@host:port, .* got '{address}'"):
        send_files([single], address, show=False)


def test_other_addresses_are_refused(single):
    with pytest.raises(ValueError, match=r"must be dicom://AET@host:port or http\(s\)://..., got 'file:///x'"):
        send_files([single], "file:///x", show=False)


@pytest.mark.parametrize("address", ["dicom://PACS@127.0.0.1:9", "http://127.0.0.1:9"])
def test_files_that_are_no_dicom_or_not_there_are_told(address, tmp_path):
    (tmp_path / "a.dcm").write_text("no dicom")
    with pytest.raises(ValueError, match=r"only whole DICOM files can be sent, '.*a.dcm' is none"):
        send_files([tmp_path / "a.dcm"], address, show=False)
    with pytest.raises(FileNotFoundError, match=r"none.dcm"):
        send_files([tmp_path / "none.dcm"], address, show=False)
