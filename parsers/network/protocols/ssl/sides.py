"""What one side of a TLS, DTLS or SSL connection sent in clear, whatever carried it."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.network.protocols.hellos import Hello, retry

HISTORY = 100  # letters of a history, as in Zeek
KEPT_MESSAGES = 16  # messages of one side whose content is looked at; a handshake has at most five
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE = 1, 2, 11, 12
_READ = frozenset((CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE))
# Zeek's ssl_history (base/protocols/ssl/main.zeek) by the handshake types of IANA's TLS registry
LETTERS = {
    0: "h", 1: "c", 2: "s", 3: "v", 4: "t", 5: "e", 6: "j", 8: "o", 11: "x", 12: "k", 13: "r", 14: "n", 15: "y", 16: "g",
    20: "f", 21: "w", 22: "u", 23: "a", 24: "p", 254: "m",
}  # fmt: skip
CHANGE_CIPHER_LETTER, ALERT_LETTER = "i", "l"


@dataclass(slots=True)  # made for every message: frozen costs three times as much
class Message:
    """A handshake message without its header; first, last: packets that brought it (0-based); offer: the client hello it is, once read."""

    kind: int
    body: bytes
    first: int
    last: int
    offer: Hello | None = None


@dataclass(slots=True)
class Side:
    """One side: messages in order; letters of the history and alerts, each with its packet; kinds: handshake types seen.

    sealed: size of its first encrypted record, None where there is none; changed: it sent ChangeCipherSpec; cut: some of it is missing;
    old, old_packets, chosen: its hello in SSL 2 form, that one's packets, and the cipher it chose in SSL 2.
    """

    messages: list[Message] = field(default_factory=list)
    letters: list[tuple[str, int]] = field(default_factory=list)
    alerts: list[tuple[int, int]] = field(default_factory=list)
    kinds: set[int] = field(default_factory=set)
    sealed: int | None = None
    changed: bool = False
    cut: bool = False
    old: Hello | None = None
    old_packets: tuple[int, int] = (0, 0)
    chosen: int | None = None

    def took(self, message: Message) -> None:
        """Note a whole handshake message."""
        kind = message.kind
        self.kinds.add(kind)
        if len(self.letters) < HISTORY:
            again = kind == SERVER_HELLO and retry(message.body)
            self.letters.append(("j" if again else LETTERS.get(kind, "z"), message.last))
        if kind in _READ and len(self.messages) < KEPT_MESSAGES:
            self.messages.append(message)

    def letter(self, letter: str, packet: int) -> None:
        if len(self.letters) < HISTORY:
            self.letters.append((letter, packet))

    def alerted(self, body: bytes, packet: int) -> None:
        """Note a clear alert (RFC 8446 section 6): level and description."""
        if len(body) == 2:
            self.letter(ALERT_LETTER, packet)
            self.alerts = [*self.alerts[-1:], (body[1], packet)]

    def changes(self, packet: int) -> None:
        """Note ChangeCipherSpec."""
        self.changed = True
        self.letter(CHANGE_CIPHER_LETTER, packet)

    def seal(self, size: int) -> None:
        """Note an encrypted record."""
        if self.sealed is None:
            self.sealed = size

    def of(self, kind: int) -> list[Message]:
        return [message for message in self.messages if message.kind == kind]
