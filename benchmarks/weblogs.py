"""Access logs: from file to committed Parquet, against GoAccess making its JSON report, and a loop of one `re` match a line.

Each tool runs in a fresh process, so that CPU seconds and peak memory are its own. Of GoAccess, of `athar to Parquet`, the two to
compare, and of the latter with all web rules, the whole process is counted: start, imports and end too. Ours finds its modules
byte-compiled, as an installed package has them, and its compiled loops and rules kept on this machine (docs/decisions/0023, 0013): a run
over a smaller log, which is not counted, makes them. Our other lines leave out what is loaded before their clock starts. GoAccess is
Debian's package `goaccess`; where it is not installed, its line is left out. The loop reads the first LOOP_LINES only; what it took is
scaled to the whole file by the line.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.pipeline import load, to_parquet, to_timeline, used

LINES = 2_000_000
LOOP_LINES = 200_000
HOSTILE = 0.005  # share of attacks, odd requests, escaped quotes, cut lines
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/604.1",
    "ExampleBot/2.1 (+https://www.example.org/bot.html)",
)
_HOSTILE_REQUESTS = (
    rb"GET /index.php?id=1%27%20UNION%20SELECT%201,2,3-- HTTP/1.1",
    rb"GET /search?q=\"><script>alert(1)</script> HTTP/1.1",
    rb"GET /a b c/../../etc/passwd HTTP/1.1",
    rb"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    rb"-",
    rb"GET /",
    b"GET /%c0%af\xc0\xaf HTTP/1.0",
)


def write_log(path: Path, lines: int = LINES, seed: int = 7) -> int:
    """A combined log from a seed, the same bytes each time. Returns its size in bytes."""
    random = Random(seed)
    pages = [f"/section/{n % 40}/page-{n}.html" for n in range(3_000)]
    second = 0
    with path.open("wb") as out:
        for _ in range(lines):
            second += random.randrange(3)
            day, rest = divmod(second, 86_400)
            clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
            date = f"{day % 28 + 1:02d}/{_MONTHS[day // 28 % 12]}/2026:{clock} +0100"
            client = f"198.51.100.{random.randrange(256)}"
            hostile = random.random() < HOSTILE
            query = f"?item={random.randrange(10**6)}&lang=ar" if random.random() < 0.4 else ""
            request = f"GET {random.choice(pages)}{query} HTTP/1.1".encode()
            if hostile:
                request = random.choice(_HOSTILE_REQUESTS)
            status, size = random.choice((200, 200, 200, 304, 404)), random.randrange(200, 90_000)
            referer = f"https://www.example.org{random.choice(pages)}" if random.random() < 0.6 else "-"
            head = f'{client} - - [{date}] "'.encode()
            line = head + request + f'" {status} {size} "{referer}" "{random.choice(_AGENTS)}"'.encode()
            out.write((line[:-30] if hostile and random.random() < 0.1 else line) + b"\n")
    return path.stat().st_size


def read_with_athar(path: Path) -> int:
    """Rows that our parser makes of the log."""
    from parsers.base import Batch, Evidence
    from parsers.web.log import PARSER

    evidence = Evidence("E001", path.name, path, path.stat().st_size, "0" * 64)
    outputs = (item for piece in PARSER.slices(evidence) for item in PARSER.parse(evidence, piece))
    return sum(item.rows.num_rows for item in outputs if isinstance(item, Batch))


def read_with_re(path: Path) -> int:
    """Rows that a loop over lines with one `re` match each makes of the log, in Arrow batches with the same columns."""
    import re
    from datetime import datetime

    import pyarrow as pa

    line_re = re.compile(
        rb'^(?P<c_ip>\S+) (?P<ident>\S+) (?P<cs_username>[^"\[]*?) \[(?P<date>[^\]]+)\] "(?P<request>[^"\\]*(?:\\.[^"\\]*)*)"'
        rb' (?P<sc_status>\d{3}|-) (?P<sc_bytes>\d+|-) "(?P<cs_referer>[^"\\]*(?:\\.[^"\\]*)*)" "(?P<cs_user_agent>[^"\\]*(?:\\.[^"\\]*)*)"'
    )
    headers = ("cs_referer", "cs_user_agent")
    names: tuple[str, ...] = ("c_ip", "ident", "cs_username", "cs_method", "cs_uri", "cs_uri_stem", "cs_uri_query")
    names += ("cs_version", *headers, "time_offset", "request_line", "parse_quality", "outcome", "src_ip", "flags")
    rows = 0
    columns: dict[str, list[object]] = {}

    def clear() -> None:
        columns.update({n: [] for n in (*names, "time", "sc_status", "sc_bytes", "record", "offset", "length")})

    def text(raw: bytes) -> str | None:
        return None if raw == b"-" else raw.decode("utf-8", "backslashreplace")

    def flush() -> int:
        types = dict.fromkeys(("time", "sc_status", "sc_bytes", "record", "offset", "length"), pa.int64())
        arrays = {name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()}
        count = pa.RecordBatch.from_pydict(arrays).num_rows
        clear()
        return int(count)

    clear()
    offset = 0
    with path.open("rb") as source:
        for number, line in enumerate(source, 1):
            match = line_re.match(line)
            if match is not None:
                for name in ("c_ip", "ident", "cs_username", *headers):
                    columns[name].append(text(match[name]))
                date = match["date"].decode()
                moment = datetime.strptime(date, "%d/%b/%Y:%H:%M:%S %z")
                columns["time"].append(int(moment.timestamp()) * 1_000_000_000)
                columns["time_offset"].append(date[-5:])
                words = match["request"].split(b" ")
                plain = len(words) == 3
                target = words[1] if plain else None
                columns["cs_method"].append(text(words[0]) if plain else None)
                columns["cs_uri"].append(text(target) if target is not None else None)
                columns["cs_version"].append(text(words[2]) if plain else None)
                stem, _, query = target.partition(b"?") if target is not None else (b"-", b"", b"-")
                columns["cs_uri_stem"].append(text(stem))
                columns["cs_uri_query"].append(text(query) if query else None)
                columns["request_line"].append(None if plain else text(match["request"]))
                status = match["sc_status"]
                columns["sc_status"].append(None if status == b"-" else int(status))
                columns["sc_bytes"].append(None if match["sc_bytes"] == b"-" else int(match["sc_bytes"]))
                columns["outcome"].append("success" if status < b"400" else "failure")
                columns["src_ip"].append(text(match["c_ip"]))
                columns["parse_quality"].append("strict")
                columns["flags"].append("")
                columns["record"].append(number)
                columns["offset"].append(offset)
                columns["length"].append(len(line))
                if len(columns["record"]) == 50_000:
                    rows += flush()
            offset += len(line)
    return rows + flush()


def read_with_goaccess(path: Path) -> int:
    """Requests that GoAccess counts as valid while it makes its JSON report. What it spends alone is counted, not our reading of that."""
    import resource

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        command = ["goaccess", str(path), "--log-format=COMBINED", "--no-global-config", "-o", str(out)]
        wall = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        _SPENT["wall_s"] = time.perf_counter() - wall
        its = resource.getrusage(resource.RUSAGE_CHILDREN)
        _SPENT["cpu_s"] = its.ru_utime + its.ru_stime
        _SPENT["peak_mb"] = its.ru_maxrss / 1e6 if sys.platform == "darwin" else its.ru_maxrss * 1024 / 1e6
        report = json.loads(out.read_bytes().decode("utf-8", "replace"))  # it is no valid UTF-8 where a URL was none
    return int(report["general"]["valid_requests"])


def read_in_a_process_of_its_own(path: Path) -> int:
    """Rows in committed Parquet, in a process that has loaded nothing yet, and begins and ends as that of `athar ingest` does."""
    _begin()
    return to_parquet([path], "web/log")


def read_and_ask_all_web_rules(path: Path) -> int:
    """The same, and then all our rules that speak of web logs are read and run over these rows."""
    _begin()
    with tempfile.TemporaryDirectory() as folder:
        rows = to_timeline([path], Path(folder), "web/log")
        _ask_all_web_rules(Path(folder))
    return rows


def _begin() -> None:
    from forensics import own_process
    from forensics.frameless import frameless

    own_process.begin()
    frameless()


def _ask_all_web_rules(timeline: Path) -> None:
    from dataclasses import replace

    from forensics.kept_memory import kept_memory
    from forensics.rare_collections import rare_collections
    from timelines.detection import detect, load_rules
    from timelines.detection.rule_cache import cached
    from timelines.query import Timeline

    rules = cached((), {}, load_rules)
    web = tuple(rule for rule in rules.rules if any(source.covers("web/access") for source in rule.sources))
    known = {rule.about.rule_id for rule in web}
    together = tuple(one for one in rules.correlations if known.issuperset(one.rules))
    with kept_memory(), rare_collections():
        detect(Timeline(timeline), replace(rules, rules=web, correlations=together))


_SPENT: dict[str, float] = {}  # what a reader measured itself
GOACCESS = "goaccess"
WHOLE = "athar to Parquet"
LOADED = "athar to Parquet, loaded"
DETECTION = "athar to Parquet, and all web rules"
TWO = "athar to Parquet, loaded, two workers"
OWN = (WHOLE, DETECTION)  # counted whole, from the start of a process to its end
_READERS: dict[str, Callable[[Path], int]] = {
    GOACCESS: read_with_goaccess,
    WHOLE: read_in_a_process_of_its_own,
    DETECTION: read_and_ask_all_web_rules,
    LOADED: lambda log: to_parquet([log], "web/log"),
    TWO: lambda log: to_parquet([log], "web/log", 2),
    "athar, parser only": read_with_athar,
    "re loop": read_with_re,
}


def measure(repeat: int = 3) -> list[dict[str, object]]:
    """The best of `repeat` runs of each tool over one generated log; `ratio` is GoAccess's CPU seconds over the tool's, or the loop's."""
    with tempfile.TemporaryDirectory() as folder:
        log, few = Path(folder) / "access.log", Path(folder) / "few.log"
        size = write_log(log)
        write_log(few, LOOP_LINES)
        environment = as_installed(Path(folder))
        run(DETECTION, few, environment)
        there = [tool for tool in _READERS if tool != GOACCESS or shutil.which(tool)]
        runs: dict[str, list[dict[str, float]]] = {tool: [] for tool in there}
        for _ in range(repeat):  # in turn: machines drift
            for tool, found in runs.items():
                found.append(run(tool, few if tool == "re loop" else log, environment))
    best = {tool: min(found, key=lambda once: once["cpu_s"]) for tool, found in runs.items()}
    for name in ("rows", "cpu_s", "wall_s"):
        best["re loop"][name] *= LINES / LOOP_LINES
    base = best.get(GOACCESS, best["re loop"])["cpu_s"]
    return [
        {"work": "combined access log", "tool": tool, "bytes": size, **once, "ratio": base / once["cpu_s"]}
        for tool, once in best.items()
    ]


def as_installed(folder: Path) -> dict[str, str]:
    """An environment in which byte-compiled modules are kept, below `folder`, and found again, as those of an installed package are."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def run(tool: str, log: Path, environment: dict[str, str] | None = None) -> dict[str, float]:
    """What one tool takes over a log, in a process of its own: rows, cpu_s, wall_s, peak_mb."""
    command = [sys.executable, "-m", "benchmarks.weblogs", tool, str(log)]
    root = Path(__file__).resolve().parent.parent
    before, wall = os.times(), time.perf_counter()
    answer = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True).stdout
    wall, after = time.perf_counter() - wall, os.times()
    measured: dict[str, float] = json.loads(answer)
    if tool in OWN:
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        measured.update(cpu_s=cpu, wall_s=wall)
    return measured


def main() -> None:
    """`python -m benchmarks.weblogs TOOL LOG`: run one tool here and print what it took; who started it clocks the whole process."""
    tool, log = sys.argv[1], Path(sys.argv[2])
    if tool not in (GOACCESS, *OWN):
        load("web/log", 2 if tool == TWO else 1)
    cpu, wall = time.process_time(), time.perf_counter()
    rows = _READERS[tool](log)
    wall = time.perf_counter() - wall
    after, peak = used()
    print(json.dumps({"rows": rows, "cpu_s": after - cpu, "wall_s": wall, "peak_mb": peak, **_SPENT}))


if __name__ == "__main__":
    main()
