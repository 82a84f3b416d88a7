"""Telnet: the login at its begin, the terminal, the options (RFC 854, 1091, 1572). What is typed later is not kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Conversation, Openings, Record, Yield, text
from parsers.network.protocols.lines import gather
from parsers.network.protocols.sasl import credentials
from parsers.network.records import Bools, one_of

DIALOGUE = 16_384  # bytes of each side that are read
ATTEMPTS = 20  # logins of one session
PORTS = (23, 2323)
IAC, SB, SE = 255, 250, 240
_TEXTUAL = np.isin(
    np.arange(256), [7, 8, 9, 10, 12, 13, 27, *range(32, 127), *range(160, 255)]
)  # bells, form feeds, escapes
_COMMAND = re.compile(rb"\xff(?:\xfa(.)((?:[^\xff]|\xff\xff)*)\xff\xf0|[\xfb-\xfe].|[\xf0-\xf9]|(\xff))", re.DOTALL)
_PROMPT = re.compile(r"(?<!last )(?<![a-z])(?:(login|user ?name|user|account)|(pass(?:word|code))) ?: ?", re.IGNORECASE)
_REFUSED = re.compile(r"incorrect|invalid|fail|denied|bad pass|wrong|refused|not authori", re.IGNORECASE)
_LINE = re.compile(r"\r\n|\r\0|\r|\n")
_TERMINAL = 24


@dataclass(frozen=True, slots=True)
class Telnet:
    """The dissector."""

    service: str = "telnet"
    family: str = "net/telnet"

    def recognise(self, openings: Openings) -> Bools:
        """Negotiation of an option from either side."""
        found = np.zeros(len(openings.proto), np.bool_)
        for raw in (openings.orig, openings.resp):
            found |= (raw[:, 0] == IAC) & (raw[:, 1] >= 251) & (raw[:, 1] <= 254) & (raw[:, 2] < 64)
        return np.asarray(found & (openings.proto == 6))

    def guess(self, openings: Openings) -> Bools:
        """On its usual ports, a server that says text: small devices ask for a login without negotiating anything."""
        out = (openings.proto == 6) & one_of(openings.resp_port, *PORTS) & (openings.resp_size > 0)
        some = np.flatnonzero(out)
        out[some] &= (_TEXTUAL[openings.resp[some]] | (openings.resp[some] == 0)).all(axis=1)
        return np.asarray(out)

    def read(self, talk: Conversation, packet_time: npt.NDArray[np.int64]) -> Iterator[Yield]:
        orig, resp = talk.orig, talk.resp
        if orig is None or resp is None:
            return
        said = gather(orig, [(orig.begin, orig.end)], DIALOGUE)
        told = gather(resp, [(resp.begin, resp.end)], DIALOGUE)
        first = orig.packet(orig.begin) if orig.end > orig.begin else resp.packet(resp.begin)
        ends = [stream.packet(stream.end - 1) for stream in (orig, resp) if stream.end > stream.begin]
        last = max([first, *ends])
        typed, shown = _plain(said.raw), _plain(told.raw)
        if _PROMPT.search(typed) and not _PROMPT.search(shown):  # captured without its handshake, the server first
            typed, shown, said = shown, typed, told
        accepted: bool | None = None
        user: str | None = None
        for found, taken in _logins(typed, shown):
            accepted, user = taken, found.get("username") or user
            yield credentials(talk.flow, first, last, "telnet", dict(found), taken)
        values: dict[str, object] = {
            "user_": user,
            "user": user,
            "success": accepted,
            "terminal": _terminal(said.raw),
            "orig_text_bytes": len(typed),
            "resp_text_bytes": len(shown),
            "outcome": None if accepted is None else ("failure", "success")[accepted],
        }
        yield Record(talk.flow, first, last, "telnet.session", values)


def _plain(raw: bytes) -> str:
    """What is text: commands of the protocol taken off."""
    return text(_COMMAND.sub(lambda found: b"\xff" if found[3] else b"", raw))


def _terminal(raw: bytes) -> str | None:
    """The last terminal type that the client names (option 24, IS)."""
    names = [
        found[2][1:]
        for found in _COMMAND.finditer(raw)
        if found[1] and found[1][0] == _TERMINAL and found[2][:1] == b"\0"
    ]
    return text(names[-1][:64]) if names else None


def _edited(line: str) -> str:
    """A line as it was meant: backspaces carried out."""
    out: list[str] = []
    for character in line:
        if character in "\x08\x7f":
            out[-1:] = []
        elif character >= " ":
            out.append(character)
    return "".join(out)


def _logins(typed: str, shown: str) -> Iterator[tuple[dict[str, str | None], bool | None]]:
    """Prompts and answers in order: the first prompt is answered by the first line, and so on, until a login is taken."""
    answers = iter([_edited(line) for line in _LINE.split(typed)][:-1])
    prompts = list(_PROMPT.finditer(shown))[: 2 * ATTEMPTS]
    user: str | None = None
    for place, prompt in enumerate(prompts):
        answer = next(answers, None)
        if answer is None:
            return
        if prompt[1]:
            user = answer
            continue
        following = prompts[place + 1] if place + 1 < len(prompts) else None
        after = shown[prompt.end() : following.start() if following else len(shown)].strip()
        taken = False if _REFUSED.search(after[:400]) or (following and following[1]) else True if after else None
        yield {"scheme": "login", "username": user, "secret": answer}, taken
        if taken is not False:
            return


DISSECTOR = Telnet()
