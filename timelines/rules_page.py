"""`docs/rules.md`, generated from the rules: `python -m timelines.rules_page > docs/rules.md`."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
_HEAD = """# Our rules

Generated from `timelines/rules/` by `python -m timelines.rules_page > docs/rules.md`; a test keeps it true.

Every rule is a [Sigma](https://sigmahq.io) file of its own, written from the technique it looks for. Its `athar` block says in English,
French and Arabic what a match shows, what it does not show, what else would explain it, and which other record would strengthen or overturn
it; reports print those words. A rule says that an account or an address *was used*, never who used it. Samples that each rule must
find, and near misses that it must leave alone, lie in `tests/timelines/rules/samples/`; a rule without both fails the tests.

*Step* marks rules whose matches are ordinary by themselves: `athar: {output: false}` keeps them out of the findings, and correlations use
them.

## Joining sources

Correlations compare the values of `group-by` fields, without regard to case. What can be joined is what both sides really write:

- Windows log and Windows log: `Computer`; accounts by name, or by SID (`TargetSid` of a new account is `MemberSid` of the group change).
- Windows log and capture: Sysmon event 3 has the machine and its address; `SourceIp` and `DestinationIp` are `id.orig_h` and
  `id.resp_h`. The `IpAddress` of a logon is the `id.orig_h` of its connection.
- IIS log and Windows log: `s-ip`, the server's address, is `SourceIp` of Sysmon event 3. Names are not joined: `s-computername` is a short
  name where `Computer` is often a full one.
- Apache or nginx log and Windows log: nothing, since the common formats do not name the machine. `web_attack_then_server_process` joins by
  time alone and says so.

Clocks matter: a correlation by time across machines holds only as far as their clocks agree.
"""


def _rules(folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    paths = sorted(folder.rglob("*.yml"))
    return [
        (path.relative_to(folder).with_suffix("").as_posix(), yaml.safe_load(path.read_text("utf-8"))) for path in paths
    ]


def _techniques(rule: Mapping[str, Any]) -> str:
    found = [match[1].upper() for tag in rule["tags"] if (match := _TECHNIQUE.fullmatch(tag))]
    return ", ".join(found)


def _source(rule: Mapping[str, Any]) -> str:
    if "correlation" in rule:
        kind = rule["correlation"]
        groups = ", ".join(f"`{name}`" for name in kind.get("group-by", ())) or "nothing: by time alone"
        return f"{kind['type']} of {', then '.join(f'`{name}`' for name in kind['rules'])} within {kind['timespan']}; by {groups}"
    return ", ".join(f"{key} `{value}`" for key, value in rule["logsource"].items())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _section(title: str, rules: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    lines = [
        f"## {title}\n",
        "| rule | title | level | looks at | ATT&CK | may also be |",
        "|---|---|---|---|---|---|",
    ]
    for name, rule in rules:
        step = " *(step)*" if rule["athar"].get("output") is False else ""
        cells = (
            f"`{name.rpartition('/')[2]}`{step}",
            rule["title"],
            rule["level"],
            _source(rule),
            _techniques(rule),
            "; ".join(rule["falsepositives"]),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """The whole page, as Markdown."""
    rules = _rules(Path(str(files("timelines") / "rules")))
    singles = sum("correlation" not in rule for _, rule in rules)
    titles = {
        "windows": "Windows event logs",
        "web": "Web logs",
        "network": "Network captures",
        "correlations": "Correlations",
    }
    count = f"{singles} rules of single events and {len(rules) - singles} correlations.\n"
    sections = [
        _section(title, [r for r in rules if r[0].startswith(f"{folder}/")]) for folder, title in titles.items()
    ]
    return "\n".join([_HEAD, count, *sections])


def main() -> None:
    """Write the page to standard output, as UTF-8 with `\\n` on every system."""
    sys.stdout.buffer.write(rules_page().encode("utf-8"))


if __name__ == "__main__":
    main()
