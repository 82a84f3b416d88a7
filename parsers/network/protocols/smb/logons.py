"""Session setups of an SMB connection: who logged on under which session id."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.network.protocols import Trouble, Yield, ntlm
from parsers.network.protocols.kerberos.messages import ticket_use
from parsers.network.protocols.kerberos.rows import used
from parsers.network.protocols.nt_status import MORE_PROCESSING_REQUIRED, failed
from parsers.network.protocols.smb.shares import Exchange


@dataclass(slots=True)
class Logons:
    """Challenges that wait for their answer, and users, by session id."""

    flow: int
    out: list[Yield]
    users: dict[int, str] = field(default_factory=dict)
    challenges: dict[int, ntlm.Challenge] = field(default_factory=dict)
    nonce: ntlm.Challenge | None = None  # challenge of a negotiation without extended security (SMB 1)

    def user(self, session: int) -> str | None:
        return self.users.get(session)

    def tickets(self, blob: bytes, exchange: Exchange) -> None:
        """A Kerberos ticket that the client presents."""
        if (use := ticket_use(blob, exchange.first)) is not None:
            self.out.append(used(self.flow, use, "smb", _success(exchange)))

    def setup(self, blobs: tuple[bytes, bytes], sessions: tuple[int, int], exchange: Exchange) -> None:
        """A session setup: security blobs and session ids of request and answer."""
        self.tickets(blobs[0], exchange)
        try:
            asked, told = self._message(blobs[0], exchange.first), self._message(blobs[1], exchange.last)
        except ValueError as error:
            self.out.append(Trouble(exchange.first, f"SMB session setup: {error}"))
            return
        if isinstance(told, ntlm.Challenge):
            self.challenges[sessions[1]] = told
        if isinstance(asked, ntlm.Authenticate):
            self.answered(asked, self.challenges.pop(sessions[0], None), sessions[1] or sessions[0], exchange)

    def answered(
        self, answer: ntlm.Authenticate, challenge: ntlm.Challenge | None, session: int, exchange: Exchange
    ) -> None:
        """A challenge was answered: the rows of the logon, and whose session it is."""
        success = _success(exchange)
        if answer.user and success is not False:
            self.users[session] = answer.user
        self.out.extend(ntlm.rows(self.flow, "smb", challenge, answer, success))

    @staticmethod
    def _message(blob: bytes, packet: int) -> ntlm.Challenge | ntlm.Authenticate | None:
        raw = ntlm.find(blob)
        return None if raw is None else ntlm.message(raw, packet)


def _success(exchange: Exchange) -> bool | None:
    if exchange.status is None or exchange.status == MORE_PROCESSING_REQUIRED:
        return None
    return not failed(exchange.status)
