"""W3C logs of IIS and http.sys: `#Fields` says what the columns are, and may say so anew at any line.

A `-` is "nothing"; IIS writes `+` for a space in headers, and neither is altered here. Times are UTC, and are those of the log entry.
https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from parsers.web.counted_marks import Marks
from parsers.web.entry_days import entry_days
from parsers.web.formats import Page, State, Taken
from parsers.web.layouts import Layout, is_foreign, is_web, layout
from parsers.web.lines import BLOCK, Lines
from parsers.web.sections import Section

FAMILY = "web/access"
LAYOUTS_IN_BLOCK = 64  # different #Fields within one block; a server restarts with the same ones
_DIRECTIVES = (b"#software", b"#version", b"#date", b"#fields", b"#start-date", b"#end-date", b"#remark")
_MICROSOFT = b"#software: microsoft "
_SOFTWARE = "iis-w3c-software"
_HASH, _SPACE = ord("#"), ord(" ")
_TOO_MANY = f"more than {LAYOUTS_IN_BLOCK} different #Fields directives within {BLOCK >> 20} MB; counted as damaged"
_NO_FIELDS = "no #Fields directive before this line says what its columns are; counted as damaged"


class W3cLog:
    """Reader of `web/access` rows from IIS and http.sys logs in the W3C format."""

    name = "iis-w3c"
    family = FAMILY
    begin = b"#"

    def sniff(self, sample: Sequence[bytes], state: Mapping[str, object]) -> Sequence[bool | None]:
        """Lines with as many fields as a `#Fields` directive says that names web fields; directives prove nothing by themselves.

        Lines before the sample's first directive are asked whether they fit one that follows: a log may have lost its head.
        """
        declared, shapes = _shapes(sample, state)
        if declared and not shapes:
            return [False] * len(sample)
        return [
            (None if line.lower().startswith(_DIRECTIVES) else False)
            if line[:1] == b"#"
            else any(shape.holds(line) for shape in shapes)
            for line in sample
        ]

    def carry(self, lines: Lines, state: State) -> None:
        """Note the last `#Fields`, unless it is another vendor's."""
        for row in np.flatnonzero(lines.data[lines.starts] == _HASH).tolist():
            text = lines.at(row).decode("utf-8", "replace")
            if text[:10].lower() == "#software:":
                state[_SOFTWARE] = text
            elif text[:8].lower() == "#fields:":
                fields = layout(text)
                if fields is not None and is_foreign(fields, str(state.get(_SOFTWARE, "")), self.name in state):
                    state.pop(self.name, None)
                else:
                    state[self.name] = text

    def read(self, page: Page) -> Taken:
        """Directives, and the lines that fit those in force."""
        current = layout(str(page.state.get(self.name, "")))
        taken = _read(page, current)
        self.carry(page.lines, page.state)
        return taken


def _shapes(sample: Sequence[bytes], state: Mapping[str, object]) -> tuple[bool, list[Layout]]:
    """Whether fields are declared, by the sample or before it, and the layouts of web logs among them."""
    declared = [str(state["iis-w3c"])] if "iis-w3c" in state else []
    declared += [line.decode("utf-8", "replace") for line in sample if line[:8].lower() == b"#fields:"]
    shapes = [shape for text in declared if (shape := layout(text)) is not None]  # one may name nothing at all
    found = [shape for shape in shapes if is_web(shape.names)]
    microsoft = "iis-w3c" in state or any(line.lower().startswith(_MICROSOFT) for line in sample)
    own = [s for s in found if microsoft or s.index("sc-win32-status") >= 0 or s.index("s-sitename") >= 0]
    return bool(shapes) or not microsoft, own


def _read(page: Page, current: Layout | None) -> Taken:
    """Read one page under the layouts in force. Directives that introduce another vendor's are left to its reader."""
    lines, days = page.lines, entry_days(page.state)
    days.note(lines)
    reasons: dict[int, str] = {}
    known: dict[Layout, int] = {}
    in_force = np.full(len(lines), -1, np.int64)
    directives = np.zeros(len(lines), np.bool_)
    begin, waiting, software = 0, list[int](), str(page.state.get(_SOFTWARE, ""))
    for row in [*np.flatnonzero(lines.data[lines.starts] == _HASH).tolist(), len(lines)]:
        if current is not None and row > begin:
            in_force[begin:row] = known.setdefault(current, len(known))
        begin = row + 1
        if row == len(lines):
            break
        line = lines.at(row)
        if not line.lower().startswith(_DIRECTIVES):
            reasons[row] = "a # that begins no W3C directive; counted as damaged"
            continue
        waiting.append(row)
        if line[:10].lower() == b"#software:":
            software = line.decode("utf-8", "replace")
        if line[:8].lower() == b"#fields:":
            fields = layout(line.decode("utf-8", "replace"))
            foreign = fields is not None and is_foreign(fields, software, current is not None)
            directives[waiting] = not foreign
            current, waiting = None if foreign else fields, []
    directives[waiting] = True
    data_lines = ~directives & (lines.data[lines.starts] != _HASH)
    reasons.update(dict.fromkeys(np.flatnonzero(data_lines & (in_force < 0)).tolist(), _NO_FIELDS))
    reasons.update(dict.fromkeys(np.flatnonzero(data_lines & (in_force >= LAYOUTS_IN_BLOCK)).tolist(), _TOO_MANY))
    marks = Marks.of(np.flatnonzero(lines.data == _SPACE), lines)
    taken, batches = directives, []
    for shape, code in list(known.items())[:LAYOUTS_IN_BLOCK]:
        rows = np.flatnonzero(data_lines & (in_force == code))
        if not len(rows):
            continue
        section = Section(lines, rows, shape, marks, (page.control, page.high), days)
        fitting, misfits = section.fitting()
        reasons.update(misfits)
        if len(fitting):
            taken[fitting] = True
            batches.append(section.batch(fitting))
    return Taken(taken, tuple(batches), reasons)


FORMAT = W3cLog()
