"""Who logged on, from where, how, how often, with what result."""

from __future__ import annotations

from .conftest import Rows, windows

SESSIONS = "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"


def logons(**own) -> Rows:
    """Five wrong passwords and two unknown names for one account spelled in two ways, then a success."""
    events = ["4625"] * 7 + ["4624"]
    return windows(
        events,
        TargetUserName=["Anna"] * 4 + ["anna"] * 4,
        TargetDomainName=["LAB"] * 7 + ["lab.example"],
        IpAddress=["192.0.2.7"] * 8,
        WorkstationName=["PC7"] * 8,
        LogonType=["3"] * 8,
        Status=["0xC000006D"] * 7 + [None],
        SubStatus=["0xC000006A"] * 5 + ["0xC0000064"] * 2 + [None],
        **own,
    )


def test_failures_and_successes_of_one_account_from_one_source_are_one_row(made, counted):
    (row,) = counted("logons", made(logons()))
    assert (row["account"], row["domains"], row["address"], row["workstation"]) == (
        "Anna",
        "LAB, lab.example",
        "192.0.2.7",
        "PC7",
    )
    assert (row["how"], row["host"], row["events"]) == ("over the network (3)", "SRV02", "4624, 4625")
    assert (row["successes"], row["failures"], row["rows"]) == (1, 7, 8)
    assert row["reasons"] == "wrong password (5), no such account (2)"
    assert (row["first"].isoformat(), row["last"].isoformat()) == (
        "2026-01-01T00:00:10+00:00",
        "2026-01-01T00:01:20+00:00",
    )


def test_meanings_are_in_the_language_asked_for(made, counted):
    (row,) = counted("logons", made(logons()), "fr")
    assert (row["how"], row["reasons"]) == ("par le réseau (3)", "mot de passe erroné (5), compte inexistant (2)")


def test_another_source_way_or_machine_is_another_row(made, counted):
    timeline = made(
        windows(
            ["4624"] * 4,
            TargetUserName=["anna"] * 4,
            IpAddress=["192.0.2.7", "192.0.2.8", "192.0.2.7", "-"],
            LogonType=["3", "3", "10", "2"],
        ),
        windows(
            ["4624"], host="WEB01", file="b.evtx", TargetUserName=["anna"], IpAddress=["192.0.2.7"], LogonType=["3"]
        ),
    )
    found = [(r["address"], r["how"], r["host"], r["rows"]) for r in counted("logons", timeline)]
    assert found == [
        ("192.0.2.7", "Remote Desktop (10)", "SRV02", 1),
        ("192.0.2.7", "over the network (3)", "SRV02", 1),
        ("192.0.2.7", "over the network (3)", "WEB01", 1),
        ("192.0.2.8", "over the network (3)", "SRV02", 1),
        (None, "at the keyboard (2)", "SRV02", 1),
    ]


def test_kerberos_and_ntlm_speak_of_the_account_without_its_realm(made, counted):
    timeline = made(
        windows(
            ["4768", "4768", "4769", "4771", "4776"],
            TargetUserName=["anna", "anna", "anna@LAB.EXAMPLE", "anna", "anna"],
            TargetDomainName=["LAB"] * 3 + [None, None],
            IpAddress=["::ffff:192.0.2.7"] * 4 + [None],
            Workstation=[None] * 4 + ["\\\\PC7"],
            ServiceName=["krbtgt", "krbtgt", "http/web01", "krbtgt/LAB", None],
            Status=["0x0", "0x6", "0x0", "0x18", "0xc0000064"],
            LogonType=[None] * 5,
        )
    )
    found = {r["events"]: r for r in counted("logons", timeline)}
    assert {row["account"] for row in found.values()} == {"anna"}
    assert (found["4768"]["successes"], found["4768"]["failures"], found["4768"]["reasons"]) == (
        1,
        1,
        "no such account (1)",
    )
    assert (found["4769"]["successes"], found["4769"]["targets"]) == (1, "http/web01")
    assert (found["4771"]["failures"], found["4771"]["reasons"]) == (1, "wrong password (1)")  # 0x18 of Kerberos
    assert (found["4776"]["workstation"], found["4776"]["reasons"]) == ("PC7", "no such account (1)")


def test_credentials_given_and_remote_desktop_stages_are_counted_as_what_they_show(made, counted):
    """4648 says that a logon was tried, 1149 that a client came to the user stage: neither is a success. 21 and 25 are sessions."""
    manager = SESSIONS.replace("LocalSession", "RemoteConnection")
    timeline = made(
        windows(["4648"], TargetUserName=["anna"], TargetServerName=["WEB01"], Keywords=["0x8020000000000000"]),
        windows(["21", "25", "24"], SESSIONS, file="s.evtx", User=["LAB\\anna"] * 3, Address=["192.0.2.7"] * 3),
        windows(["1149"], manager, file="r.evtx", Param1=["anna"], Param2=["LAB"], Param3=["192.0.2.7"]),
        windows(["25", "1149"], "Microsoft-Windows-TerminalServices-ServerUSBDevices/Admin", file="u.evtx"),
    )
    found = {
        r["events"]: (r["account"], r["successes"], r["failures"], r["rows"], r["targets"])
        for r in counted("logons", timeline)
    }
    assert found == {
        "21": ("anna", 1, 0, 1, None),
        "25": ("anna", 1, 0, 1, None),
        "1149": ("anna", 0, 0, 1, None),
        "4648": ("anna", 0, 0, 1, "WEB01"),
    }


def test_an_unknown_code_or_type_is_shown_as_it_stands(made, counted):
    timeline = made(
        windows(
            ["4625"],
            TargetUserName=["anna"],
            LogonType=["99"],
            Status=["0xC0FFEE01"],
            SubStatus=["0x0"],
            IpAddress=["-"],
        )
    )
    (row,) = counted("logons", timeline)
    assert (row["how"], row["reasons"], row["address"]) == ("99", "0xc0ffee01 (1)", None)


def test_a_filter_takes_the_rows_that_count(made, counted):
    timeline = made(logons())
    (row,) = counted("logons", timeline, events=("4624",))
    assert (row["rows"], row["failures"]) == (1, 0)
    assert counted("logons", timeline, hosts=("elsewhere",)) == []


def test_an_account_that_only_reports_is_not_the_one_that_logged_on(made, counted):
    """Remote Desktop refused before a name was known: the machine's own account writes the event."""
    timeline = made(
        windows(
            ["4625"],
            TargetUserName=["-"],
            SubjectUserName=["SRV02$"],
            LogonType=["10"],
            Status=["0xC000006E"],
            IpAddress=["192.0.2.7"],
        )
    )
    (row,) = counted("logons", timeline)
    assert (row["account"], row["address"], row["failures"], row["reasons"]) == (
        None,
        "192.0.2.7",
        1,
        "account restriction (1)",
    )
