"""LDAP operations as rows: each request with its answer by number; logons and what they were made with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from parsers.network.protocols import Record, Trouble, Yield, ntlm, text
from parsers.network.protocols.kerberos.messages import ticket_use
from parsers.network.protocols.kerberos.rows import used
from parsers.network.protocols.ldap.messages import BIND, ENTRY, FINAL, SEARCH, Bind, Message
from parsers.network.protocols.ldap.names import IN_PROGRESS, failed, result_name

_SEARCH_DONE, _BOUND = 0x65, 0x61
_ORPHANS = {
    0x61: "bind",
    0x67: "modify",
    0x69: "add",
    0x6B: "delete",
    0x6D: "modify",
    0x6F: "compare",
    0x78: "extended",
}


def finals(answers: list[Message]) -> list[Message]:
    """Answers that end an operation, each with how many entries came before it."""
    counts: dict[int, int] = {}
    out = []
    for answer in answers:
        if answer.operation == ENTRY:
            counts[answer.number] = counts.get(answer.number, 0) + 1
        elif answer.operation in FINAL:
            count = counts.pop(answer.number, 0) if answer.operation == _SEARCH_DONE else 0
            answer.entries = count
            out.append(answer)
    return out


def rows(flow: int, requests: list[Message], answers: list[Message]) -> Iterator[Yield]:
    """The rows of one flow in the order of its requests; then those of answers whose request was not seen."""
    waiting: dict[tuple[int, bool], deque[Message]] = {}
    for final in finals(answers):
        waiting.setdefault((final.number, final.operation == _SEARCH_DONE), deque()).append(final)
    user: str | None = None
    before: Message | None = None  # the answer to the bind before
    for request in requests:
        queue = waiting.get((request.number, request.operation == SEARCH))
        answer = queue.popleft() if queue else None
        if request.operation == BIND and request.bind:
            logon = list(_logon(flow, request, request.bind, answer, before))
            yield from logon
            before = answer
            user = _bound(request.bind, answer, logon) or user
        yield _row(flow, request, answer, user)
    for queue in waiting.values():
        for orphan in queue:
            yield _row(flow, None, orphan, None)


def _row(flow: int, request: Message | None, answer: Message | None, user: str | None) -> Record:
    sides = [side for side in (request, answer) if side]
    values: dict[str, object] = {"message_id": sides[0].number, **sides[0].values, "user": user}
    search = sides[0].operation in (SEARCH, _SEARCH_DONE)
    if answer is not None and answer.result is not None:
        values |= {"result": result_name(answer.result), "diagnostic_message": answer.diagnostic}
        values["outcome"] = None if answer.result == IN_PROGRESS else "failure" if failed(answer.result) else "success"
        if search:
            values["result_count"] = answer.entries
    if search:
        values["object"] = values.get("base_object") or None
    elif request is None and answer is not None:
        values["opcode"] = _ORPHANS.get(answer.operation)
    event = "ldap.search" if search else "ldap.operation"
    family = "net/ldap_search" if search else "net/ldap"
    return Record(flow, sides[0].packet, sides[-1].last, event, values, family=family)


def _challenge(answer: Message | None) -> ntlm.Challenge | None:
    raw = ntlm.find(answer.server) if answer else None
    try:
        found = ntlm.message(raw, answer.packet) if raw is not None and answer else None
    except ValueError:
        return None
    return found if isinstance(found, ntlm.Challenge) else None


def _success(answer: Message | None) -> bool | None:
    """Whether a bind succeeded; None where it goes on or its answer was not seen."""
    return None if answer is None or answer.result in (None, IN_PROGRESS) else answer.result == 0


def _logon(
    flow: int, request: Message, bind: Bind, answer: Message | None, before: Message | None
) -> Iterator[Record | Trouble]:
    """Clear-text passwords, NTLM and Kerberos in a bind."""
    success = _success(answer)
    if bind.method == "simple" and bind.secret:
        yield _secret(flow, request, ("simple", bind.name, text(bind.secret)), success)
    elif bind.mechanism == "PLAIN" and bind.secret.count(b"\x00") == 2:  # RFC 4616
        _, name, password = bind.secret.split(b"\x00")
        yield _secret(flow, request, ("plain", text(name), text(password)), success)
    elif bind.mechanism == "CRAM-MD5" and b" " in bind.secret:  # RFC 2195
        name, _, digest = bind.secret.rpartition(b" ")
        challenge = text(before.server) if before else None
        yield _secret(flow, request, ("cram-md5", text(name), text(digest)), success, challenge)
    elif (use := ticket_use(bind.secret, request.packet)) is not None:
        yield used(flow, use, "ldap", success)
    elif (raw := ntlm.find(bind.secret)) is not None:
        try:
            found = ntlm.message(raw, request.packet)
        except ValueError as error:
            yield Trouble(request.packet, f"LDAP logon: {error}", "ntlm_malformed")
            return
        if isinstance(found, ntlm.Authenticate):
            yield from ntlm.rows(flow, "ldap", _challenge(before), found, success)


def _secret(
    flow: int, request: Message, seen: tuple[str, str, str], success: bool | None, challenge: str | None = None
) -> Record:
    scheme, name, secret = seen
    outcome = None if success is None else "success" if success else "failure"
    values: dict[str, object] = {
        "service": "ldap", "scheme": scheme, "username": name, "secret": secret, "challenge": challenge, "accepted": success,
        "outcome": outcome,
    }  # fmt: skip
    return Record(flow, request.packet, request.last, "credentials", values, family="net/credentials")


def _bound(bind: Bind, answer: Message | None, logon: list[Record | Trouble]) -> str | None:
    """Whose connection it is after this bind."""
    if _success(answer) is not True:
        return None
    names = [row.values.get("username") for row in logon if isinstance(row, Record)]
    return next((str(name) for name in names if name), None) or (bind.name if bind.method != "SICILY" else None) or None
