"""ASN.1 elements by hand and against any bytes. The values of the object identifiers are those of X.690 and RFC 4178."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.network.protocols.ber import Element, element, extent, inside, oid, spans, spans_by_tag


def test_elements_inside_elements() -> None:
    # SEQUENCE of 8: INTEGER -2; [0] holding OCTET STRING "ab"
    found = element(bytes.fromhex("30090201fea0040402") + b"ab")
    assert [(part.tag, part.start) for part in found.parts()] == [(0x02, 2), (0xA0, 5)]
    assert found.fields()[0x02].number == -2
    assert found.fields()[0xA0].inner().raw == b"ab"
    assert found.whole[:2] == b"\x30\x09"


def test_long_lengths_tell_how_far_a_message_goes() -> None:
    assert extent(bytes.fromhex("3082012c00")) == (4, 304)
    assert extent(bytes.fromhex("30840000012c"), 0) == (6, 306)


@pytest.mark.parametrize("raw", ["", "30", "3080", "3005020101", "1f0101", "3081", "30890000000000000000ff"])
def test_what_is_no_element_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"element runs|length of form|tag numbers"):
        element(bytes.fromhex(raw))


@pytest.mark.parametrize(
    ("raw", "dotted"),
    [
        ("2b0601050502", "1.3.6.1.5.5.2"),  # SPNEGO
        ("2a864886f712010202", "1.2.840.113554.1.2.2"),  # Kerberos 5
        ("883703", "2.999.3"),  # the example of X.690 section 8.19.5
    ],
)
def test_object_identifiers(raw: str, dotted: str) -> None:
    assert oid(bytes.fromhex(raw.zfill(len(raw) + len(raw) % 2))) == dotted


def test_integers_are_bounded() -> None:
    assert element(b"\x02\x09\x00" + b"\xff" * 8).number == 2**64 - 1
    with pytest.raises(ValueError, match="longer than 9 bytes"):
        _ = element(b"\x02\x0a" + bytes(10)).number


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        found = element(raw)
        for part in found.parts():
            assert found.begin <= part.start < part.end <= found.end
        oid(raw)
    except ValueError:
        return


@given(data=st.binary(max_size=60), begin=st.integers(0, 6), cut=st.integers(0, 6))
def test_spans_are_the_elements(data: bytes, begin: int, cut: int) -> None:
    stop = max(len(data) - cut, begin)
    outer = Element(data, 0x30, 0, min(begin, len(data)), min(stop, len(data)))
    whole = outer.begin, outer.end

    def said(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except ValueError as error:
            return str(error)

    parts = said(lambda: [(part.tag, part.begin, part.end) for part in outer.parts()])
    assert said(lambda: spans(data, whole)) == parts
    by_tag = said(lambda: {tag: (part.begin, part.end) for tag, part in outer.fields().items()})
    assert said(lambda: spans_by_tag(data, whole)) == by_tag
    assert said(lambda: inside(data, whole)) == said(lambda: (outer.inner().begin, outer.inner().end))
