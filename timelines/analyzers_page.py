"""`docs/analyzers.md`, generated from the analyzers: `python -m timelines.analyzers_page > docs/analyzers.md`."""

from __future__ import annotations

import inspect
import sys

from timelines.analyzers import Analyzer, Threshold, all_analyzers

_HEAD = """# Our analyzers

Generated from `timelines/analyzers/` by `python -m timelines.analyzers_page > docs/analyzers.md`; a test keeps it true.

An analyzer asks what a rule cannot: it compares rows with each other, with their own rhythm, or with those of another source, and sees
what is *not* there. Each runs after the rules, over the whole timeline, and is asked only where the case has the families it needs; what
became of it stands among the rules of a case. A finding cites the rows that bound what was seen, says the numbers it rests on, and
never names a person. Every threshold has a name, a unit and a reason.
"""


def _threshold(threshold: Threshold) -> str:
    return f"| `{threshold.name}` | {threshold.value:g} {threshold.unit} | {threshold.reason} |"


def _section(analyzer: Analyzer) -> str:
    about = analyzer.about
    lines = [
        f"## {analyzer.name}\n",
        f"{about.description}\n",
        f"{' '.join((inspect.getdoc(analyzer) or '').split())}\n",
        f"Needs {' and '.join(f'`{need}`' for need in analyzer.needs)}. Level: {about.level} unless said otherwise below. "
        f"ATT&CK: {', '.join(about.attack) or 'none'}.\n",
        "| threshold | value | reason |",
        "|---|---|---|",
        *(_threshold(threshold) for threshold in analyzer.thresholds),
    ]
    for words in analyzer.words.values():
        said = words["en"]
        lines += [
            "",
            f"**{said['title']}**\n",
            f"- *Shows:* {said['shows']}",
            f"- *Does not show:* {said['does_not_show']}",
            f"- *May also be:* {said['alternatives']}",
            f"- *Would change it:* {said['would_change']}",
        ]
    return "\n".join(lines) + "\n"


def analyzers_page() -> str:
    """The whole page, as Markdown."""
    return "\n".join([_HEAD, *(_section(analyzer) for analyzer in all_analyzers().values())])


def main() -> None:
    """Write the page to standard output, as UTF-8 with `\\n` on every system."""
    sys.stdout.buffer.write(analyzers_page().encode("utf-8"))


if __name__ == "__main__":
    main()
