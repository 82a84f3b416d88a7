"""What a server's clock showed is kept where the log says no zone and none was given; it is no instant."""

from __future__ import annotations

import pytest

from .conftest import Read

NGINX = b"2026/01/10 10:00:%02d [error] 12#12: *1 open() failed, client: 192.0.2.1, server: _\n"
APACHE = (
    b"[Sat Jan 10 10:00:%02d.%06d 2026] [core:error] [pid 12:tid 34] [client 192.0.2.1:5000] AH00126: Invalid URI\n"
)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (NGINX % 7, "2026-01-10 10:00:07"),
        (NGINX % 10, "2026-01-10 10:00:10"),
        (APACHE % (0, 120_300), "2026-01-10 10:00:00.1203"),
        (APACHE % (0, 0), "2026-01-10 10:00:00"),
    ],
)
def test_it_is_kept_as_shown(read: Read, line: bytes, shown: str) -> None:
    (row,) = read(line).rows
    assert (row.get("time"), row.get("wall_time"), row["flags"]) == (None, shown, "no-zone")
    (row,) = read(line, zone="Europe/Paris").rows
    assert row.get("time") is not None
    assert row.get("wall_time") is None


def test_a_date_that_is_none_shows_nothing(read: Read) -> None:
    result = read(NGINX % 7 + (NGINX % 8).replace(b"/01/10", b"/02/30"))
    assert [(row.get("wall_time"), row["flags"]) for row in result.rows] == [
        ("2026-01-10 10:00:07", "no-zone"),
        (None, "bad-time"),
    ]
