"""Filters keep what is of their kind and drop the rest; they never guess."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timelines.filters import FILTERS, filtered

CASES = {
    "account": [(r"DOMAIN\agent", "agent"), ("agent", "agent"), (r"NT AUTHORITY\SYSTEM", "SYSTEM")],
    "audit": [("0x8020000000000000", "success"), ("0x8010000000000000", "failure"), ("0x8000000000000000", None), ("-", None)],
    "client": [(" [CLIENT: 192.0.2.7]", "192.0.2.7"), (" [CLIENT: <local machine>]", None), ("CLIENT", None)],
    "endpoint_ip": [
        ("192.0.2.7:3389", "192.0.2.7"), ("[2001:db8::7]:3389", "2001:db8::7"), ("[fe80::1%4]:3389", "fe80::1%4"),
        ("192.0.2.7", None), ("host:1", None),
    ],
    "endpoint_port": [("192.0.2.7:3389", "3389"), ("[2001:db8::7]:52011", "52011"), ("192.0.2.7:0", None), ("192.0.2.7", None)],
    "ip": [("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::7", "2001:db8::7"), ("LOCAL", None), ("", None)],
    "lower": [("TCP", "tcp")],
    "port": [("443", "443"), ("0", None), ("-", None), ("123456", None)],
    "protocol": [("6", "tcp"), ("17", "udp"), ("253", None)],
    "status": [("0x0", "success"), ("0x00000000", "success"), ("0xc000006d", "failure"), ("-", None)],
    "trim": [(' "Filter" ', '"Filter"')],
    "element:Command": [("<A><Command>cmd\n.exe</Command></A>", "cmd\n.exe"), ("<Command/>", None), ("Command", None)],
    "item:2": [("a ¦ b ¦ c", "b"), ("a", None), ("a ¦  ¦ c", None)],
    "line:User =": [("A = 1\r\n   User = D\\agent\r\nB = 2", "D\\agent"), ("Other User = x", None), ("User =", "")],
    "line:User =|account": [("\tUser = D\\agent", "agent")],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_filter(name: str) -> None:
    given_texts = pa.array([text for text, _ in CASES[name]] + [None], pa.string())
    assert filtered(given_texts, name).to_pylist() == [wanted for _, wanted in CASES[name]] + [None]


def test_every_filter_has_a_case() -> None:
    assert set(FILTERS) <= set(CASES)


def test_an_unknown_filter_is_named_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="'acount'; there are account, "):
        filtered(pa.array(["x"]), "acount")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text() | st.none(), min_size=1), st.sampled_from(sorted(CASES)))
def test_any_text_goes_through_with_its_place_kept(texts: list[str | None], name: str) -> None:
    written = [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    out = filtered(pa.array(written, pa.string()), name)
    assert len(out) == len(texts)
    assert all(value is None for value, text in zip(out.to_pylist(), texts, strict=True) if text is None)
