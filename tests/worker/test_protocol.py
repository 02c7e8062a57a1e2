"""The wire: every message survives it, and what is no message is told apart."""

from __future__ import annotations

import dataclasses
import json

import pytest

from provis_core.errors import CacheError, HeadRangeError, ProtocolError, WorkerError
from provis_core.worker.protocol import PROTOCOL_VERSION, decode, encode, known_messages
from provis_core.worker.tasks.attention import AttentionRequest, AttentionResult
from provis_core.worker.tasks.classes import ClassesRequest, ClassesResult
from provis_core.worker.tasks.conversion import ConversionReport, ConversionRequest
from provis_core.worker.tasks.doctor import DoctorReport, DoctorRequest
from provis_core.worker.tasks.explain import ExplainRequest, ExplainResult
from provis_core.worker.tasks.preparation import PreparationReport, PreparationRequest
from provis_core.worker.tasks.scan import ScanRequest, ScanResult
from provis_core.worker.wire.host_messages import Cancel, Shutdown
from provis_core.worker.wire.message import Message
from provis_core.worker.wire.worker_messages import Failure, Hello, Notice, Progress

ODD = {"device": "cuda:1", "dtype": "float16"}

MESSAGES = [
    Hello(PROTOCOL_VERSION, "0.1.0", "3.11.7", 4321),
    AttentionRequest("MKV", "C:\\models\\tape bert", "TapeBert", (11, 3), 0.05, 1000, **ODD, job=1),
    AttentionRequest("", "/", "", (0, 0)),
    ScanRequest("MKV", "/m", "m", ("entropy",), 0.1, False, 1000, 250, **ODD, job=2),
    ScanRequest("MKV", "/größe", "m"),
    ScanRequest("", "", "", ()),
    ScanRequest("MKV", "/m", "m", heads=((11, 3), (0, 0)), weights=(0.75, 0.25), job=2),
    ExplainRequest("MKV", "/m", "m", '{"kind": "likelihood"}', "ablate", "mask", 40, (11, 3), **ODD, job=10),
    ExplainRequest("MKV", "/größe", "m", "{}"),
    ClassesRequest("MKV", "/größe", "m", "mask", **ODD, job=12),
    ConversionRequest("C:\\x\\best.ckpt", "/größe", "mine", ("/labels.npy", "/go.obo"), job=11),
    ConversionRequest("", "", ""),
    DoctorRequest({"Prot–Bert": "/größe/模型"}, job=3),
    DoctorRequest(),
    PreparationRequest("/größe", job=4),
    PreparationReport(job=4),
    Cancel(4),
    Shutdown(),
    Progress(5, "layer 3 of 12", 0.25),
    Progress(5, "started", 0.0),
    Progress(5, "loading tiny", 0.0, 2.5),
    Notice(6, 'Two\nlines, a "quote" and Å'),
    AttentionResult("C:\\x\\y.npy", "MKV", True, 1.5, "cpu", "float32", job=7),
    AttentionResult("", "", False, 0.0),
    ScanResult("C:\\x\\y.npz", "MKV", False, 1.5, "cpu", "float32", job=7),
    ScanResult("", "", True, 0.0),
    ExplainResult("C:\\x\\y.npz", "MKV", False, 1.5, "cpu", "float32", job=10),
    ClassesResult("C:\\x\\y.npz", "MKV", False, 1.5, "cpu", "float32", job=12),
    ConversionReport("/größe/模型", job=11),
    DoctorReport("3.11.7 /usr/bin/python3", {"torch": ""}, ("cuda:0 (H100)", "cpu"), 3, "/c", 10**12, job=8),
    DoctorReport("", {}, (), 0, "", 0, ("torch is missing. It is needed. Install it.", "")),
    Failure(9, "CacheError", "got", "need", "do", "Traceback:\n  line"),
    Failure(0, "InstallError", "", "", ""),
]


def test_all_kinds_are_covered() -> None:
    assert {message.kind: type(message) for message in MESSAGES} == known_messages()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_round_trip(message: Message) -> None:
    line = encode(message)
    assert decode(line) == message
    assert line.endswith(b"\n") and line.count(b"\n") == 1 and line.isascii()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_wrong_type_missing_and_extra_fields(message: Message) -> None:
    values = json.loads(encode(message))
    with pytest.raises(ProtocolError):
        decode(json.dumps({**values, "surprise": 1}).encode())
    for field in dataclasses.fields(message):
        if (field.name, message.kind) == ("protocol", "hello"):
            continue  # another version has a message of its own
        for wrong in (None, {"a": None}, [[1, 2, "x"]]):
            with pytest.raises(ProtocolError):
                decode(json.dumps({**values, field.name: wrong}).encode())
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            without = {name: value for name, value in values.items() if name != field.name}
            with pytest.raises(ProtocolError):
                decode(json.dumps(without).encode())


def test_bool_is_no_int_and_int_is_a_float() -> None:
    with pytest.raises(ProtocolError):
        decode(b'{"kind": "cancel", "job": true}')
    with pytest.raises(ProtocolError):
        decode(b'{"kind": "cancel", "job": 1.0}')
    assert decode(b'{"kind": "progress", "job": 1, "stage": "s", "fraction": 1}') == Progress(1, "s", 1.0)
    with pytest.raises(ProtocolError):
        decode(b'{"kind": "progress", "job": 1, "stage": "s", "fraction": 1' + b"0" * 400 + b"}")


@pytest.mark.parametrize(
    "line",
    [b'{"kind": "surprise"}', b'{"job": 1}', b"{}", b'{"kind": null}', b'{"kind": []}', b'{"kind": ""}'],
)
def test_unknown_kind(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"Some weights were not initialized\n",
        b'{"kind": "progr',
        b"{'kind': 'cancel', 'job': 1}",
        b"3\n",
        b"null",
        b'["kind"]',
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b"[" * 100_000,
        b"9" * 10_000,
    ],
)
def test_what_is_no_object_is_unreadable(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode(line)


def test_other_version_names_both() -> None:
    line = json.dumps({"kind": "hello", "protocol": 99, "version": "7.8.9", "new_field": 1}).encode()
    with pytest.raises(ProtocolError, match=rf"7\.8\.9.*protocol 99.*protocol {PROTOCOL_VERSION}"):
        decode(line)


def test_errors_cross_the_wire() -> None:
    error = HeadRangeError("layer=13", "12 layers", "Choose 12")
    back = Failure.from_error(1, error).to_error()
    assert type(back) is HeadRangeError
    assert str(back) == str(error)
    assert type(Failure(1, "CacheError", "a", "b", "c").to_error()) is CacheError
    for name in ("FutureError", "SystemExit", "", "object"):
        assert type(Failure(1, name, "a", "b", "c").to_error()) is WorkerError


def test_lists_become_tuples() -> None:
    request = AttentionRequest("M", "/", "m", [0, 1])  # type: ignore[arg-type]
    assert request.head == (0, 1)
    assert hash(request) == hash(decode(encode(request)))
