"""A summary made by hand: an ordinary case whose evidence is hostile text. Everything in it is invented."""

from __future__ import annotations

from cases import summary as tree
from cases.case import CaseInfo, Question
from cases.custody import Head
from timelines.problems import Problem

NS = 1_000_000_000
START = 1_772_572_445 * NS  # 2026-03-03T21:14:05Z
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \"'>{{7*7}} \u202egpj.exe\u202c \x1b[31m &amp; ${x}"
LONG = "powershell.exe -EncodedCommand " + "QQBBAEEA" * 60
IDS = tuple(f"{n:024x}" for n in range(0xA1B2C3, 0xA1B2C3 + 40))

TEXTS = {
    "en": {
        "title": "An upload to the web portal was followed by a program that the web server started",
        "shows": "The web server stored a file sent from 198.51.100.23; 4 seconds later it started a command interpreter.",
        "does_not_show": "It does not show who sent the file, nor that the commands succeeded.",
        "alternatives": "A planned test by the portal's maintainers would leave the same records.",
        "would_change": "The file itself on the disk of the server would strengthen it; the plan of a test at that hour would overturn it.",
    },
    "fr": {
        "title": "Un dépôt de fichier sur le portail web a été suivi d'un programme lancé par le serveur web",
        "shows": "Le serveur web a enregistré un fichier envoyé depuis 198.51.100.23 ; 4 secondes plus tard, "
        "il a lancé un interpréteur de commandes.",
        "does_not_show": "Cela ne montre ni qui a envoyé le fichier, ni que les commandes ont abouti.",
        "alternatives": "Un essai prévu par les responsables du portail laisserait les mêmes enregistrements.",
        "would_change": "Le fichier lui-même sur le disque du serveur la renforcerait ; le programme d'un essai à cette heure "
        "la ferait tomber.",
    },
    "ar": {
        "title": "رفع ملف إلى بوابة الويب تلاه برنامج شغّله خادم الويب",
        "shows": "حفظ خادم الويب ملفا أُرسل من \u2066198.51.100.23\u2069، وبعد 4 ثوان شغّل مفسّر أوامر.",
        "does_not_show": "لا يدل ذلك على من أرسل الملف ولا على نجاح الأوامر.",
        "alternatives": "قد يخلّف اختبار مبرمج من طرف القائمين على البوابة التسجيلات نفسها.",
        "would_change": "الملف نفسه في قرص الخادم يقوّي المعاينة؛ وبرنامج اختبار في تلك الساعة ينقضها.",
    },
}


def _web(n: int, what: str = "/upload/index.php") -> tree.Observation:
    return tree.Observation(
        row_id=IDS[n],
        time=START + n * 61 * NS + 250_000_000,
        time_quality="offset",
        exhibit="E001",
        file="var/log/apache2/access.log",
        record=12_000 + n,
        offset=1_048_576 + n * 181,
        length=181,
        family="web/access",
        event="http.request",
        flags="",
        sentences={
            "en": f"198.51.100.23 asked the web server for POST {what}; the server answered with status 200",
            "fr": f"198.51.100.23 a demandé au serveur web POST {what} ; le serveur a répondu avec le statut 200",
            "ar": f"أرسل \u2066198.51.100.23\u2069 إلى خادم الويب الطلب \u2066POST {what}\u2069؛ وأجاب الخادم برمز الحالة \u2066200\u2069",
        },
    )


def _process(n: int, command: str) -> tree.Observation:
    path = "C:\\Windows\\System32\\cmd.exe"
    return tree.Observation(
        row_id=IDS[n],
        time=START + 4 * NS + n * 17 * NS + 123_456_700,
        time_quality="assumed-zone" if n % 2 else "utc",
        exhibit="E002",
        file="winevt/Security.evtx",
        record=88_121 + n,
        offset=69_632 + n * 1_408,
        length=1_408,
        family="windows/security",
        event="4688",
        flags="recovered,bad-checksum" if n % 3 == 0 else "",
        sentences={
            "en": f"The account IIS APPPOOL\\portal started {path} with the command line {command}",
            "fr": f"Le compte IIS APPPOOL\\portal a lancé {path} avec la ligne de commande {command}",
            "ar": f"شغّل الحساب \u2066IIS APPPOOL\\portal\u2069 البرنامج \u2066{path}\u2069 بسطر الأوامر \u2066{command}\u2069",
        },
        cut=len(command) > 400,
    )


def inferences(shown: str) -> tuple[tree.Inference, ...]:
    """Three findings: one with plain words in each language, one in its rule's words only, one of hostile text alone."""
    first = tree.Inference(
        number="C-01",
        finding_id="F-0a1b2c3d4e",
        kind="correlation",
        rule_id="athar-web-to-process",
        title="Web upload followed by process of the web server",
        description="",
        level="critical",
        grade="corroborated",
        first=START,
        last=START + 3_600 * NS,
        why="sc_status = 200 and ParentImage ends with w3wp.exe, within 60 s, by host",
        entities={
            "hosts": ("portal.example",),
            "ips": ("198.51.100.23", "2001:db8::1"),
            "objects": ("/upload/",),
            "objects_total": ("73",),
            "processes": (LONG[:90],),
        },
        attack=("T1190", "T1505.003"),
        chart=_cited(),
        falsepositives=(),
        sources=("web", "windows"),
        texts=TEXTS,
        rows=1_284,
        observations=(
            _web(0),
            _web(1, "/upload/" + shown[:60]),
            _process(0, "cmd.exe /c whoami"),
            _process(1, LONG),
            *(_web(n) for n in range(2, 9)),
        ),
        absent=0,
    )
    second = tree.Inference(
        number="C-02",
        finding_id="F-1122334455",
        kind="match",
        rule_id="5f0c0c2e-0000-4000-8000-000000000001",
        title="Suspicious Encoded PowerShell Command Line",
        description="Detects a command line that hides what it runs.",
        level="high",
        grade="supported",
        first=START + 900 * NS,
        last=START + 900 * NS,
        why="CommandLine contains -EncodedCommand",
        entities={"users": ("portal",), "colour": ("x",)},
        attack=("T1059.001",),
        falsepositives=("Software deployment", "Administrators' scripts"),
        sources=("windows",),
        texts={},
        rows=1,
        observations=(_process(3, LONG),),
    )
    third = tree.Inference(
        number="C-03",
        finding_id="F-66778899aa",
        kind="analyzer",
        rule_id=shown,
        title=shown,
        description=shown,
        level="low",
        grade="inconclusive",
        first=None,
        last=None,
        why=shown,
        entities={shown: (shown,), "hosts": (shown,)},
        attack=(),
        falsepositives=(shown,),
        sources=("net",),
        texts={},
        rows=3,
        observations=(_process(5, shown),),
        absent=2,
    )
    return first, second, third


def _line(file: str, status: str, digit: str, damaged: int | None = None, **more: str) -> tree.FileLine:
    size = 18_874_368
    read = None if damaged is None else size - 4_096 - damaged
    free = None if damaged is None else 4_096
    return tree.FileLine(
        file=file,
        size=size,
        sha256=digit * 64 if status != "unreadable" else "",
        status=status,
        parser=more.get("parser", ""),
        reason=more.get("reason", ""),
        duplicate_of=more.get("duplicate_of", ""),
        read=read,
        free=free,
        unsupported=None if damaged is None else 0,
        damaged=damaged,
    )


def exhibits(shown: str) -> tuple[tree.ExhibitSheet, ...]:
    folder = tree.ExhibitSheet(
        number="E001",
        name="portal-server",
        is_folder=True,
        files=3,
        size=56_623_104,
        added="2026-03-05T08:01:00Z",
        sha256="3c" * 32,
        supplied_sha256=None,
        agreement="not-supplied",
        seal="SC-2026-02",
        description=None,
        zone="Africa/Casablanca",
        clock_offset_s=187.0,
        clock_source="comparison with the capture",
        entries=(
            _line("var/log/apache2/access.log", "evidence", "a", 0, parser="web"),
            _line("var/log/apache2/old.tar.gz", "container", "b"),
            _line(
                "var/log/apache2/old.tar.gz/access.log",
                "duplicate",
                "a",
                duplicate_of="E001/var/log/apache2/access.log",
            ),
            _line(shown, "unrecognised", "c", reason=f"no known kind: {shown}"),
        ),
        formats=(tree.FormatCount("clf", 48_211, 12), tree.FormatCount("apache-error", 310, 0)),
        layouts=("%h %l %u %t", shown),
    )
    single = tree.ExhibitSheet(
        number="E002",
        name="Security.evtx",
        is_folder=False,
        files=1,
        size=18_874_368,
        added="2026-03-05T08:02:00Z",
        sha256="d" * 64,
        supplied_sha256="e" * 64,
        agreement="different",
        seal=None,
        description=shown,
        zone=None,
        clock_offset_s=None,
        clock_source=None,
        entries=(
            _line("winevt/Security.evtx", "evidence", "d", 65_536, parser="evtx"),
            _line("x", "unreadable", "0", reason="locked"),
        ),
    )
    return folder, single


def _chart(found: tuple[tree.Inference, ...]) -> tree.Chart:
    web = tuple((n * 7919) % 400 + (3_000 if 50 < n < 56 else 0) for n in range(96))
    windows = tuple((n * 104_729) % 90 for n in range(96))
    net = tuple(0 if n < 40 else (n * 31) % 17 for n in range(96))
    marks = tuple(tree.Mark(f.number, f.level, f.first, f.last or f.first) for f in found if f.first is not None)
    start = START - START % (900 * NS) - 40 * 900 * NS
    lanes = (tree.Lane("net", net), tree.Lane("web", web), tree.Lane("windows", windows))
    return tree.Chart(start, 900 * NS, lanes, marks, before=3, after=0, timeless=12)


def _cited() -> tree.Chart:
    """Of the first finding: two kinds of source over three quarters of an hour."""
    web = tuple((n * 31) % 4 if 4 < n < 86 else 0 for n in range(92))
    windows = tuple(1 if n in (7, 40, 41) else 0 for n in range(92))
    lanes = (tree.Lane("web", web), tree.Lane("windows", windows))
    return tree.Chart(START - START % (30 * NS) - 150 * NS, 30 * NS, lanes, (), before=0, after=0, timeless=2)


def _custody() -> tree.Custody:
    acts = ("case-created", "exhibit-added", "exhibit-added", "evidence-read", "rules-run", "hand-over")
    lines = tuple(
        tree.CustodyLine(n, f"2026-03-05T08:0{n}:00Z", "analyst.one", act, "athar", "0.1.0", f"{n}f" * 32)
        for n, act in enumerate(acts, 1)
    )
    return tree.Custody(lines, Head(6, "6f" * 32), (), "unchanged", "2026-03-05T08:04:00Z")


def _rules(shown: str) -> tree.Rules:
    lines = (
        tree.RuleLine(
            "athar-web-to-process",
            "Web upload followed by process",
            "critical",
            "correlation",
            "matched",
            ("web/access",),
            5_000,
            4,
            "",
        ),
        tree.RuleLine("athar-beacon", "Beacon", "high", "analyzer", "silent", ("net/conn",), 900, 0, ""),
        tree.RuleLine("athar-kernel", "Kernel driver", "medium", "match", "no-data", (), 0, 0, ""),
        tree.RuleLine("other", shown, "odd", "match", "refused", (), 0, 0, shown),
    )
    silences = (
        tree.Silence("net/conn", 12, 900, START, START + 3_600 * NS),
        tree.Silence("web/access", 40, 5_000, START, None),
    )
    return tree.Rules(True, {"matched": 1, "silent": 1, "no-data": 1, "refused": 1}, lines, silences)


def summary(shown: str = HOSTILE) -> tree.Summary:
    """The whole of it. `shown` stands wherever evidence or strangers may put text."""
    found = inferences(shown)
    info = CaseInfo(
        number="2026-017",
        title="Intrusion into an invented municipal portal",
        request_number="R-44/2026",
        authority="Tribunal de première instance (inventé)",
        requester="وكيل الملك (مثال)",
        examiner="Analyst One",
        laboratory="Regional laboratory (invented)",
        legal_basis=None,
        zone="Africa/Casablanca",
        questions=(
            tree_question("Q1", "Was the portal entered, and when?"),
            tree_question("Q2", "ما المعطيات التي خرجت من الخادم؟"),
        ),
    )
    families = (
        tree.FamilyCount("net/conn", 900, START, START + 3_600 * NS),
        tree.FamilyCount("web/access", 5_000, START - 7_200 * NS, START + 7_200 * NS),
        tree.FamilyCount("windows/security", 52_110, None, None),
    )
    return tree.Summary(
        date="2026-03-06",
        tool=tree.Tool("athar", "0.1.0", ("athar 0.1.0",)),
        case=info,
        exhibits=exhibits(shown),
        counts=tree.Counts(
            {"container": 1, "duplicate": 1, "evidence": 2, "unreadable": 1, "unrecognised": 1},
            {"read": 37_670_912, "free": 8_192, "unsupported": 0, "damaged": 65_536},
            families,
            412,
        ),
        custody=_custody(),
        inferences=found,
        chart=_chart(found),
        rules=_rules(shown),
        limits=tree.Limits(
            problems=(
                Problem(
                    "E002", "winevt/Security.evtx", 69_632, 65_536, f"chunk checksum 0x9f21, expected 0x1c07; {shown}"
                ),
            ),
            zones=(
                tree.ZoneLine("E001", "var/log/apache2/access.log", "assumed-zone", 5_000),
                tree.ZoneLine("E001", "x", "no-time", 12),
            ),
            flags={"recovered": 14, "loose": 2},
        ),
        opinions=(
            tree.Opinion(
                "Analyst One",
                "2026-03-06T09:00:00Z",
                "The portal was entered on 3 March 2026.",
                question="Q1",
                role="answer",
            ),
            tree.Opinion("Analyst One", "2026-03-06T09:10:00Z", shown, finding="F-0a1b2c3d4e"),
        ),
    )


def tree_question(number: str, text: str) -> Question:
    return Question(number, text)
