"""Events, activity, hosts, logs, pivots, web and network: known rows, known counts."""

from __future__ import annotations

import pyarrow as pa
import pytest

from timelines.scope import Scope
from timelines.statistics import all_statistics, first_of, statistic

from .conftest import Rows, windows

SYSMON = "Microsoft-Windows-Sysmon/Operational"


def picked(rows, *names) -> list[tuple]:
    return [tuple(row[name] for name in names) for row in rows]


def test_events_by_kind_with_what_they_mean(made, counted):
    timeline = made(
        windows(["4625", "4624", "4625"]),
        windows(["4625"], host="WEB01", file="b.evtx"),
        windows(["77777"], "Private/Log", file="c.evtx", Provider_Name=["Own"]),
        Rows("web/access", "access.log", [5.0, 6.0], {"event": ["http.request"] * 2}),
    )
    assert picked(counted("events", timeline), "family", "channel", "event", "meaning", "rows", "hosts") == [
        ("windows/security", "Security", "4625", "Failed logon", 3, "SRV02, WEB01"),
        ("web/access", None, "http.request", "Web request", 2, None),
        ("windows/other", "Private/Log", "77777", "Windows event", 1, "SRV02"),
        ("windows/security", "Security", "4624", "Successful logon", 1, "SRV02"),
    ]
    assert counted("events", timeline, "ar")[0]["meaning"] == "فشل تسجيل الدخول"


def test_channels_and_providers_are_one_whatever_their_case(made, counted):
    rows = counted("events", made(windows(["4624"]), windows(["4624"], file="b.evtx", Channel=["SECURITY"])))
    assert picked(rows, "event", "rows") == [("4624", 2)]


def test_hours_with_rows(made, counted):
    timeline = made(windows(["4624"] * 4, seconds=[0.0, 3_599.9, 3_600.0, None]))
    assert [(r["hour"].isoformat(), r["rows"]) for r in counted("activity", timeline)] == [
        ("2026-01-01T00:00:00+00:00", 2),
        ("2026-01-01T01:00:00+00:00", 1),
    ]


def test_hours_before_1970(made, counted):
    timeline = made(windows(["4624"], seconds=[-1_767_225_600.0 - 1]))
    assert [r["hour"].isoformat() for r in counted("activity", timeline)] == ["1969-12-31T23:00:00+00:00"]


def test_hosts(made, counted):
    timeline = made(
        windows(["4624"] * 3, TargetUserName=["anna", "ANNA", "omar"], IpAddress=["192.0.2.7", "192.0.2.7", "-"]),
        windows(["4624"], host="srv02", file="b.evtx"),
        Rows("web/access", "access.log", [5.0], {"src_ip": ["192.0.2.9"]}),
    )
    rows = counted("hosts", timeline)
    assert picked(rows, "host", "rows", "files", "accounts", "addresses", "families") == [
        ("SRV02", 4, 2, 2, 1, "windows/security"),
        (None, 1, 1, 0, 1, "web/access"),
    ]


def test_a_condition_on_own_columns_where_only_core_ones_are_counted(made, counted):
    timeline = made(
        windows(["4624"] * 3, TargetUserName=["anna", "ANNA", "omar"]),
        windows(["4624"], "System", host="WEB01", file="System.evtx", TargetUserName=["omar"]),
    )
    picks = ("host", "rows")
    assert picked(counted("hosts", timeline), *picks) == [("SRV02", 3), ("WEB01", 1)]
    omar = {"where": "TargetUserName = 'omar'"}
    assert picked(counted("hosts", timeline, **omar), *picks) == [("SRV02", 1), ("WEB01", 1)]
    one = counted("hosts", timeline, families=("windows/security",), **omar)
    assert picked(one, *picks) == [("SRV02", 1)]


def test_logs_with_missing_numbers_recovered_rows_and_hostile_numbers(made, counted):
    top = 2**64 - 1
    timeline = made(
        windows(["4624"] * 5, record=[10, 11, 11, 14, 900], flags=["", "", "", "", "recovered,bad-checksum"]),
        windows(["4624"] * 2, file="b.evtx", record=pa.array([0, top], pa.uint64())),
        windows(["4624"], file="c.evtx", record=[None], seconds=[None]),
        Rows("web/access", "access.log", [5.0, 95.5], {"record": [1, 9]}),
    )
    names = ("file", "log", "host", "rows", "recovered", "first_record", "last_record", "missing", "span_s")
    assert picked(counted("logs", timeline), *names) == [
        ("Security.evtx", "Security", "SRV02", 5, 1, 10, 14, 2, 30),
        ("access.log", "web/access", None, 2, 0, 1, 9, None, 90),
        ("b.evtx", "Security", "SRV02", 2, 0, 0, top, top - 1, 10),
        ("c.evtx", "Security", "SRV02", 1, 0, None, None, None, None),
    ]
    assert {r["missing"] for r in counted("logs", timeline, events=("4624",))} == {None}


def test_missing_numbers_are_counted_one_by_one(made, counted):
    """Against a set of numbers: runs, holes and neighbours on every place of a word of 32."""
    numbers = sorted({n * n % 1_009 for n in range(1, 700)} | set(range(64, 130)))
    (row,) = counted("logs", made(windows(["4624"] * len(numbers), record=numbers)))
    assert row["missing"] == max(numbers) - min(numbers) + 1 - len(set(numbers))


def test_pivots_are_rare_first_and_say_where(made, counted):
    timeline = made(
        windows(
            ["1", "1", "22"],
            SYSMON,
            Provider_Name=["Microsoft-Windows-Sysmon"] * 3,
            Image=["C:\\a.exe", "c:\\A.EXE", "C:\\b.exe"],
            ParentImage=["C:\\p.exe", None, None],
            Hashes=["MD5=AA,SHA256=BB", "SHA256=BB", None],
            QueryName=[None, None, "Relay.Example."],
            User=["LAB\\anna"] * 3,
        ),
        windows(
            ["7045", "7045"],
            "System",
            file="System.evtx",
            Provider_Name=["Service Control Manager", "Other"],
            ServiceName=["Relay", "NotMine"],
        ),
        windows(
            ["4698", "4624"], file="t.evtx", TaskName=["\\job", "\\no task event"], WorkstationName=["\\\\PC7", "-"]
        ),
        Rows(
            "net/dns", "c.pcap", [1.0], {"query": ["relay.example"], "src_ip": ["192.0.2.7"], "dst_ip": ["192.0.2.1"]}
        ),
        Rows(
            "net/http",
            "c.pcap",
            [1.0, 2.0],
            {"host_": ["web.example:8080", None], "uri": ["/A", "/b"], "dst_ip": ["192.0.2.2", "192.0.2.2"]},
        ),
    )
    assert picked(counted("pivots", timeline), "kind", "value", "rows") == [
        ("account", "anna", 3),
        ("address", "192.0.2.1", 1),
        ("address", "192.0.2.7", 1),
        ("address", "192.0.2.2", 2),
        ("domain", "web.example", 1),
        ("domain", "Relay.Example", 2),
        ("hash", "MD5=AA", 1),
        ("hash", "SHA256=BB", 2),
        ("process", "C:\\b.exe", 1),
        ("process", "C:\\p.exe", 1),
        ("process", "C:\\a.exe", 2),
        ("service", "Relay", 1),
        ("task", "\\job", 1),
        ("url", "http://192.0.2.2/b", 1),
        ("url", "http://web.example:8080/A", 1),
        ("workstation", "PC7", 1),
    ]


def test_pivots_of_encrypted_connections(made, counted):
    timeline = made(
        Rows("net/ssl", "c.pcap", [1.0], {"ja3": ["aa"], "ja3s": ["bb"], "ja4": ["cc"]}),
        Rows("net/ssh", "c.pcap", [1.0, 2.0], {"hassh": ["dd", "dd"], "hasshServer": ["ee", None]}),
        Rows("net/rdp", "c.pcap", [1.0], {"client_name": ["PC9"]}),
    )
    assert picked(counted("pivots", timeline), "kind", "value", "rows") == [
        ("fingerprint", "HASSHServer=ee", 1),
        ("fingerprint", "JA3=aa", 1),
        ("fingerprint", "JA3S=bb", 1),
        ("fingerprint", "JA4=cc", 1),
        ("fingerprint", "HASSH=dd", 2),
        ("workstation", "PC9", 1),
    ]


def test_web_lists(made, counted):
    timeline = made(
        Rows(
            "web/access",
            "access.log",
            [1.0, 2.0, 3.0],
            {
                "c_ip": ["192.0.2.7", "192.0.2.7", "192.0.2.8"],
                "cs_uri_stem": ["/", "/x", "/"],
                "sc_status": [200, 404, 500],
                "sc_bytes": [10, 20, None],
                "cs_user_agent": ["M", "M", None],
            },
        )
    )
    assert picked(counted("web", timeline), "kind", "value", "rows", "refused", "errors", "clients", "bytes") == [
        ("agent", "M", 2, 1, 0, 1, 30),
        ("client", "192.0.2.7", 2, 1, 0, 1, 30),
        ("client", "192.0.2.8", 1, 0, 1, 1, None),
        ("path", "/", 2, 0, 1, 2, 10),
        ("path", "/x", 1, 1, 0, 1, 20),
        ("status", "200", 1, 0, 0, 1, 10),
        ("status", "404", 1, 1, 0, 1, 20),
        ("status", "500", 1, 0, 1, 1, None),
    ]


def test_network_lists(made, counted):
    ends = {"src_ip": ["192.0.2.7", "192.0.2.8", "192.0.2.7"], "dst_ip": ["192.0.2.1", "192.0.2.1", "2001:db8::1"]}
    timeline = made(
        Rows(
            "net/conn",
            "c.pcap",
            [1.0, 2.0, 3.0],
            {
                **ends,
                "dst_port": pa.array([53, 53, 443], pa.int32()),
                "proto": ["udp", "udp", "tcp"],
                "service": ["dns", "dns", None],
                "orig_bytes": [10, 20, 30],
                "resp_bytes": [1, None, 3],
            },
        ),
        Rows(
            "net/dns", "c.pcap", [1.0, 2.0], {"query": ["A.example", "a.example"], "src_ip": ["192.0.2.7", "192.0.2.8"]}
        ),
        Rows(
            "net/credentials",
            "c.pcap",
            [4.0, 5.0],
            {
                "src_ip": ["192.0.2.7"] * 2,
                "service": ["ftp"] * 2,
                "scheme": ["user"] * 2,
                "username": ["agent"] * 2,
                "secret": ["hidden"] * 2,
                "accepted": pa.array([True, None]),
            },
        ),
        Rows(
            "net/files",
            "c.pcap",
            [6.0],
            {"src_ip": ["192.0.2.7"], "source": ["smb"], "mime_type": [None], "seen_bytes": pa.array([7], pa.int64())},
        ),
    )
    assert picked(counted("network", timeline), "kind", "value", "rows", "sources", "sent", "received") == [
        ("conversation", "192.0.2.7 > 192.0.2.1:53/udp", 1, 1, 10, 1),
        ("conversation", "192.0.2.7 > [2001:db8::1]:443/tcp", 1, 1, 30, 3),
        ("conversation", "192.0.2.8 > 192.0.2.1:53/udp", 1, 1, 20, None),
        ("credential", "ftp user agent", 1, 1, None, None),
        ("credential", "ftp user agent (accepted)", 1, 1, None, None),
        ("file", "smb ?", 1, 1, 7, None),
        ("name", "a.example", 2, 2, None, None),
        ("service", "dns 53/udp", 2, 2, 30, 1),
        ("service", "443/tcp", 1, 1, 30, 3),
        ("talker", "192.0.2.1", 2, 2, 1, 30),
        ("talker", "192.0.2.7", 2, 2, 40, 4),
        ("talker", "192.0.2.8", 1, 1, 20, None),
        ("talker", "2001:db8::1", 1, 1, 3, 30),
    ]


def test_the_first_of_each_list():
    table = pa.table({"kind": ["a", "a", "a", "b"], "rows": [1, 2, 3, 4]})
    assert first_of(table, 2, "kind")["rows"].to_pylist() == [1, 2, 4]
    assert first_of(table, 2)["rows"].to_pylist() == [1, 2]
    assert first_of(table, 0, "kind") is table
    assert first_of(table.slice(0, 0), 5, "kind").num_rows == 0


@pytest.mark.parametrize(
    ("given", "said"), [("logon", "did you mean 'logons'? There are"), ("zzz", "no table 'zzz' There are")]
)
def test_a_table_that_does_not_exist_is_named_with_those_that_do(given, said):
    with pytest.raises(ValueError, match="activity, events, hosts") as told:
        statistic(given)
    assert said in str(told.value)


@pytest.fixture(scope="module")
def in_two_orders(made):
    given = (
        windows(
            ["4625", "4624", "1102"] * 40,
            TargetUserName=["anna", "ANNA", "omar"] * 40,
            LogonType=["3", "10", None] * 40,
        ),
        windows(["4616", "4719"], host="srv02", file="b.evtx", PreviousTime=["x"] * 2),
        Rows(
            "net/conn",
            "c.pcap",
            [1.0] * 3,
            {"src_ip": ["192.0.2.1", "192.0.2.2", "192.0.2.1"], "dst_ip": ["192.0.2.9"] * 3},
        ),
        Rows(
            "web/access",
            "a.log",
            [2.0, 1.0],
            {"c_ip": ["192.0.2.1"] * 2, "cs_uri_stem": ["/b", "/a"], "cs_method": ["GET"] * 2},
        ),
    )
    return [made(*given), made(*given, slices=7, turned=True)]


@pytest.mark.parametrize("name", list(all_statistics()))
def test_the_order_of_rows_and_parts_changes_nothing(in_two_orders, name):
    tables = [statistic(name).table(Scope(timeline)) for timeline in in_two_orders]
    assert tables[0].num_rows > 0
    assert tables[0].equals(tables[1])
