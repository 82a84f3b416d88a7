"""Pieces of lines: drawn values, as bytes of the line and as the columns that they should become."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Piece = tuple[bytes, dict[str, Any]]
Escape = Callable[[bytes], bytes]
NASTY = (
    b'"', b'" "', b"\\", b'\\"', b"\n", b"\r\n", b"\x1b[2J", b"\0", b"\xff\xfe", b"\xc0\xaf", "أهلا".encode(), b"- ", b" - ", b"] \"GET",
    b"' OR 1=1--", b"${jndi:ldap://x}", b"a, b", b" : ", b"%c0%af..%2f", b"{x}", b"#", b"\t", b"200 5", b"+", b"[::1]:80", b"?", b" ",
)  # fmt: skip
_FIRST, _LAST = 946_684_800, 2_051_222_400  # 2000 to 2035
_TOKEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."


def line(*parts: bytes | SearchStrategy[Piece]) -> SearchStrategy[Piece]:
    """Fixed text and pieces in turn."""

    def joined(pieces: tuple[Piece, ...]) -> Piece:
        said: dict[str, Any] = {}
        for _, columns in pieces:
            said |= columns
        return b"".join(raw for raw, _ in pieces), said

    return st.tuples(*(st.just((part, {})) if isinstance(part, bytes) else part for part in parts)).map(joined)


def logged(raw: bytes) -> str | None:
    """The column that bytes of a line become: as they stand, bytes that are no UTF-8 spelled; a lone `-` is nothing."""
    return None if raw == b"-" else raw.decode("utf-8", "backslashreplace")


def hostile() -> SearchStrategy[bytes]:
    """What a client may send in a header: up to four pieces, of bytes that are drawn at once (a draw for each takes ten times as long)."""
    return st.binary(max_size=16).map(_pieces)


def _pieces(drawn: bytes) -> bytes:
    """Three kinds of pieces, each as likely: one of NASTY, up to six bytes as they were drawn, or a usual name."""
    out: list[bytes] = []
    at = 0
    while at < len(drawn) and len(out) < 4:
        kind, which = divmod(drawn[at], 86)
        many = which % 7 if kind == 1 else 0
        taken = drawn[at + 1 : at + 1 + many]
        out.append((NASTY[which % len(NASTY)], taken, b"Mozilla/5.0 (X11)")[kind])
        at += 1 + many
    return b"".join(out)


def text(column: str, escape: Escape, without: bytes = b"", least: int = 0) -> SearchStrategy[Piece]:
    """Any bytes, escaped; `without`: what this server never writes there."""
    drawn = hostile().map(escape).map(lambda raw: bytes(byte for byte in raw if byte not in without))
    held = drawn.filter(lambda raw: len(raw) >= least) if least else drawn
    return held.map(lambda raw: (raw, {column: logged(raw)}))


def given(column: str, *choices: str) -> SearchStrategy[Piece]:
    """One of some words; `-` is nothing."""
    return st.sampled_from(choices).map(lambda word: (word.encode(), {column: logged(word.encode())}))


def word(column: str) -> SearchStrategy[Piece]:
    """A name without spaces, or nothing."""
    drawn = st.text(_TOKEN, min_size=1, max_size=12).filter(lambda name: name.strip("-.") != "") | st.just("-")
    return drawn.map(lambda name: (name.encode(), {column: logged(name.encode())}))


def number(column: str, most: int = 10**12, nothing: str | None = "-") -> SearchStrategy[Piece]:
    """A whole number, or the sign for none."""
    drawn = st.integers(0, most).map(lambda n: (str(n).encode(), {column: n}))
    return drawn if nothing is None else drawn | st.just((nothing.encode(), {column: None}))


def status(nothing: str | None = None) -> SearchStrategy[Piece]:
    drawn = st.sampled_from((100, 200, 206, 301, 304, 400, 401, 403, 404, 408, 499, 500, 503))
    found = drawn.map(lambda n: (str(n).encode(), {"sc_status": n}))
    return found if nothing is None else found | st.just((nothing.encode(), {"sc_status": None}))


def taken(column: str, unit: int, places: int = 0, nothing: str | None = None) -> SearchStrategy[Piece]:
    """A duration in units of `unit` ns with so many decimal places."""
    scale = 10**places

    def written(n: int) -> Piece:
        whole, rest = divmod(n, scale)
        return (f"{whole}.{rest:0{places}d}" if places else str(n)).encode(), {column: n * unit // scale}

    found = st.integers(0, 10**7).map(written)
    return found if nothing is None else found | st.just((nothing.encode(), {column: None}))


def address(column: str, six: bool = True) -> SearchStrategy[Piece]:
    four = st.integers(1, 254).map(lambda n: f"198.51.100.{n}")
    drawn = four | st.integers(1, 0xFFFF).map(lambda n: f"2001:db8::{n:x}") if six else four
    return drawn.map(lambda name: (name.encode(), {column: name}))


def endpoint(column: str, port: str, brackets: bool = False) -> SearchStrategy[Piece]:
    """`address:port`."""

    def written(pair: tuple[Piece, int]) -> Piece:
        (raw, said), number_ = pair
        shown = b"[" + raw + b"]" if brackets and b":" in raw else raw
        return shown + b":%d" % number_, said | {port: number_}

    return st.tuples(address(column, brackets), st.integers(1, 65535)).map(written)


def request(escape: Escape, without: bytes = b"", whole: bool = True) -> SearchStrategy[Piece]:
    """`METHOD target HTTP/n`; with `whole`, sometimes bytes that are no request at all."""

    def usual(drawn: tuple[str, bytes, str]) -> Piece:
        method, target, version = drawn
        shown = b"/" + bytes(byte for byte in escape(target) if byte not in b" " + without)
        stem, mark, query = shown.partition(b"?")
        columns = {"cs_method": method, "cs_uri": logged(shown), "cs_version": version, "request_line": None}
        columns |= {
            "cs_uri_stem": logged(stem),
            "cs_uri_query": query.decode("utf-8", "backslashreplace") if mark else None,
        }
        return method.encode() + b" " + shown + b" " + version.encode(), columns

    methods, versions = (
        st.sampled_from(("GET", "POST", "M-SEARCH")),
        st.sampled_from(("HTTP/1.0", "HTTP/1.1", "HTTP/2.0")),
    )
    found = st.tuples(methods, hostile(), versions).map(usual)
    if not whole:
        return found
    odd = st.sampled_from((b"\x16\x03\x01\0", b"\x80\xff", b"SSH-2.0-Go")).map(escape)
    return found | odd.map(lambda raw: (raw, {"request_line": logged(raw)}))


def clf_time(before: bytes = b"[", after: bytes = b"]") -> SearchStrategy[Piece]:
    """`dd/Mon/yyyy:HH:MM:SS +hhmm`."""

    def written(drawn: tuple[int, int]) -> Piece:
        seconds, minutes = drawn
        wall = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
        shown = wall.strftime("%d/%b/%Y:%H:%M:%S %z").encode()
        return before + shown + after, {"time": seconds * 10**9, "time_offset": shown[-5:].decode()}

    return st.tuples(_seconds(), st.sampled_from((0, 60, -570, 345))).map(written)


def utc_time(pattern: str, places: int = 0, scale: int = 9) -> SearchStrategy[Piece]:
    """UTC by a strftime pattern, in which `%f` is a fraction of `places` digits."""

    def written(drawn: tuple[int, int]) -> Piece:
        seconds, rest = drawn
        fraction = f"{rest:0{places}d}" if places else ""
        shown = datetime.fromtimestamp(seconds, UTC).strftime(pattern.replace("%f", fraction))
        return shown.encode(), {"time": seconds * 10**9 + rest * 10 ** (scale - places)}

    return st.tuples(_seconds(), st.integers(0, 10**places - 1)).map(written)


def epoch_time(places: int) -> SearchStrategy[Piece]:
    drawn = st.tuples(_seconds(), st.integers(0, 10**places - 1))
    return drawn.map(
        lambda d: (f"{d[0]}.{d[1]:0{places}d}".encode(), {"time": d[0] * 10**9 + d[1] * 10 ** (9 - places)})
    )


def _seconds() -> SearchStrategy[int]:
    return st.integers(_FIRST, _LAST)
