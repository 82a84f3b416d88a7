"""`docs/rules/`, generated from the rules: `python -m timelines.rules_page docs/rules`."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from timelines.detection.rule_files import documents_of

_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
_AREAS = {
    "windows": "Windows event logs",
    "web": "Web logs",
    "network": "Network captures",
    "correlations": "Correlations",
}
_SAID = {
    "shows": "Shows",
    "does_not_show": "Does not show",
    "alternatives": "May also be",
    "would_change": "Would change it",
}
_HEAD = """# Our rules

Generated from `timelines/rules/` by `python -m timelines.rules_page docs/rules`, like the pages of the areas; a test keeps them true.

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
  time alone and says so; so does `archive_then_large_upload`, since the event of the archive does not tell the machine's address.
- A name asked for by DNS and the address then connected to: not joined, since one answer lists several addresses in one text.

Clocks matter: a correlation by time across machines holds only as far as their clocks agree.
"""


def _rules(folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    paths = sorted(folder.rglob("*.yml"))
    return [(path.relative_to(folder).with_suffix("").as_posix(), documents_of(path)[0]) for path in paths]


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


def _table(area: str, rules: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    lines = ["| rule | title | level | ATT&CK |", "|---|---|---|---|"]
    for name, rule in rules:
        stem = name.rpartition("/")[2]
        step = " *(step)*" if rule["athar"].get("output") is False else ""
        cells = (f"[`{stem}`]({area}.md#{stem}){step}", rule["title"], rule["level"], _techniques(rule))
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return lines


def _section(name: str, rule: Mapping[str, Any]) -> list[str]:
    said = rule["athar"]["en"]
    step = " *(step)*" if rule["athar"].get("output") is False else ""
    return [
        f"## {name.rpartition('/')[2]}\n",
        f"**{rule['title']}**{step}\n",
        f"{_cell(rule['description'])}\n",
        f"Level: {rule['level']}. ATT&CK: {_techniques(rule)}. Looks at: {_source(rule)}. Id: `{rule['id']}`.\n",
        *(f"- *{title}:* {_cell(said[key])}" for key, title in _SAID.items()),
        f"- *False positives:* {_cell('; '.join(rule['falsepositives']))}",
        "",
    ]


def rules_pages() -> dict[str, str]:
    """The pages as Markdown, by file name: the index, and one an area."""
    rules = _rules(Path(str(files("timelines") / "rules")))
    singles = sum("correlation" not in rule for _, rule in rules)
    index = [_HEAD, f"{singles} rules of single events and {len(rules) - singles} correlations.\n"]
    pages: dict[str, str] = {}
    for area, title in _AREAS.items():
        theirs = [(name, rule) for name, rule in rules if name.startswith(f"{area}/")]
        index += [f"## {title}\n", f"{len(theirs)} on [their page]({area}.md).\n", *_table(area, theirs), ""]
        head = f"# Our rules: {title}\n\nGenerated like [the index](README.md), which says how to read this page.\n"
        lines = [head, *(line for name, rule in theirs for line in _section(name, rule))]
        pages[f"{area}.md"] = "\n".join(lines).rstrip() + "\n"
    return {"README.md": "\n".join(index).rstrip() + "\n", **pages}


def main() -> None:
    """Write the pages into the folder named on the command line, as UTF-8 with `\\n` on every system."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rules_pages().items():
        (folder / name).write_bytes(text.encode("utf-8"))


if __name__ == "__main__":
    main()
