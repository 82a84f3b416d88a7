"""One association of DCE/RPC: what a client and a server say over one TCP connection or one named pipe, as calls."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from parsers.network.protocols import Record, Trouble, ntlm
from parsers.network.protocols.dce_rpc.interfaces import NEGOTIATION, interface_name, of_pipe, operation_name
from parsers.network.protocols.dce_rpc.pdus import (
    ALTER,
    BIND,
    BIND_ACK,
    FAULT,
    FIRST_FRAGMENT,
    FROM_CLIENT,
    HEADER,
    REQUEST,
    RESPONSE,
    Pdu,
    pdu,
    size_of,
)  # fmt: skip
from parsers.network.protocols.kerberos.messages import ticket_use
from parsers.network.protocols.kerberos.rows import used

UNITS = 100_000  # units kept of one side; what comes after is counted as not read
_FAULTS = {
    0x00000005: "ACCESS_DENIED", 0x1C010002: "OP_RNG_ERROR", 0x1C010003: "UNKNOWN_INTERFACE", 0x1C00001A: "CONTEXT_MISMATCH",
    0x1C010014: "SERVER_TOO_BUSY", 0x000006F7: "BAD_STUB_DATA", 0x000006D1: "PROCNUM_OUT_OF_RANGE", 0x00000721: "SEC_PKG_ERROR",
    0x000006BF: "CALL_FAILED_DNE", 0x000006D8: "PROTOCOL_ERROR",
}  # fmt: skip


@dataclass(slots=True)
class Association:
    """Units of both sides. `pipe`: name of the pipe; `port`: of TCP; `user`: who the connection below is known to belong to."""

    flow: int
    pipe: str | None = None
    user: str | None = None
    spoken: bool | None = None  # whether it is DCE/RPC at all: a pipe may carry anything
    asked: list[Pdu] = field(default_factory=list)
    told: list[Pdu] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    _rest: dict[bool, bytes] = field(default_factory=dict)

    def feed(self, client: bool, data: bytes, packet: int) -> None:
        """Bytes of one side in their order, as a pipe carries them."""
        if self.spoken is False:
            return
        data = self._rest.pop(client, b"") + data
        at = 0
        while len(data) - at >= HEADER:
            size = size_of(data[at : at + HEADER])
            if size is None:
                if self.spoken:
                    self.troubles.append(
                        Trouble(packet, "DCE/RPC over a pipe: bytes that are no unit", "dce_rpc_malformed")
                    )
                self.spoken = False
                return
            self.spoken = True
            if len(data) - at < size:
                break
            self.take(data[at : at + size], packet)
            at += size
        self._rest[client] = data[at:][:65_536]

    def take(self, raw: bytes, packet: int) -> None:
        """One unit, whose side its kind tells."""
        try:
            found = pdu(raw, packet)
        except (struct.error, ValueError):
            self.troubles.append(Trouble(packet, "DCE/RPC unit is cut or malformed", "dce_rpc_malformed"))
            return
        if not found.flags & FIRST_FRAGMENT and found.kind in (REQUEST, RESPONSE):
            return
        side = self.asked if found.kind in FROM_CLIENT else self.told
        if len(side) < UNITS:
            side.append(found)
        elif len(side) == UNITS and len(self.troubles) < UNITS:
            self.troubles.append(
                Trouble(packet, f"DCE/RPC association with more than {UNITS} units: the rest is not read")
            )

    def rows(self, packet_time: npt.NDArray[np.int64]) -> Iterator[Record | Trouble]:
        """Calls in the order in which they were made, each with its answer by number; then the logon."""
        yield from self.troubles
        answers: dict[int, deque[Pdu]] = {}
        for unit in self.told:
            if unit.kind in (RESPONSE, FAULT):
                answers.setdefault(unit.call, deque()).append(unit)
        logon = list(self._logon())
        if self.user is None:
            known = (row.values for row in logon if isinstance(row, Record) and row.family == "net/ntlm")
            self.user = next(
                (str(values["username"]) for values in known if values["username"] and values["success"]), None
            )
        contexts: dict[int, str] = {}
        place = next((unit.address for unit in self.told if unit.kind == BIND_ACK and unit.address), None)
        place = place or (f"\\pipe\\{self.pipe}" if self.pipe else None)
        for unit in self.asked:
            if unit.kind in (BIND, ALTER):
                contexts |= {number: uuid for number, uuid in unit.contexts if not uuid.startswith(NEGOTIATION)}
            elif unit.kind == REQUEST:
                waiting = answers.get(unit.call)
                yield self._call(unit, waiting.popleft() if waiting else None, contexts, place, packet_time)
        yield from logon

    def _call(
        self,
        unit: Pdu,
        answer: Pdu | None,
        contexts: dict[int, str],
        place: str | None,
        packet_time: npt.NDArray[np.int64],
    ) -> Record:
        uuid, flags = contexts.get(unit.context), tuple[str, ...]()
        if uuid is None and not contexts and self.pipe and (uuid := of_pipe(self.pipe)):
            flags = ("assumed-endpoint",)  # the bind was not captured; the name of the pipe tells
        values: dict[str, object] = {"named_pipe": place, "opnum": unit.opnum, "uuid": uuid, "user": self.user}
        if uuid is not None:
            values |= {"endpoint": interface_name(uuid), "operation": operation_name(uuid, unit.opnum)}
            values["object"] = f"{values['endpoint']}::{values['operation']}"
        last = unit.packet
        if answer is not None:
            took = packet_time.item(answer.packet) - packet_time.item(unit.packet)
            values |= {"rtt": took if took >= 0 else None, "outcome": "success"}
            last = answer.packet
            if answer.kind == FAULT:
                values |= {"outcome": "failure", "status": _FAULTS.get(answer.status, f"unknown-{answer.status:#010x}")}
        return Record(self.flow, unit.packet, last, "dce_rpc.call", values, flags, "net/dce_rpc")

    def _logon(self) -> Iterator[Record | Trouble]:
        """NTLM logons and Kerberos tickets of the association; answered calls show that they succeeded."""
        kinds = {unit.kind for unit in self.told}
        denied = any(unit.kind == FAULT and unit.status == 5 for unit in self.told)
        success = True if RESPONSE in kinds else False if denied else None
        challenges: dict[int, ntlm.Challenge] = {}
        for unit in (*self.told, *self.asked):
            if not unit.verifier:
                continue
            if (use := ticket_use(unit.verifier, unit.packet)) is not None:
                yield used(self.flow, use, "dce_rpc", success)
            raw = ntlm.find(unit.verifier)
            try:
                found = ntlm.message(raw, unit.packet) if raw is not None else None
            except ValueError as error:
                yield Trouble(unit.packet, f"DCE/RPC logon: {error}", "ntlm_malformed")
                continue
            if isinstance(found, ntlm.Challenge):
                challenges[unit.call] = found  # the answer to it bears the same number
            elif isinstance(found, ntlm.Authenticate):
                yield from ntlm.rows(self.flow, "dce_rpc", challenges.get(unit.call), found, success)
