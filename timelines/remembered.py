"""What a process remembers from one piece of evidence to the next, bounded by its weight: evidence is written by attackers, who can name
any number of things, each of any length."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Values by key that together weigh `most` bytes at most. One value more and all are forgotten: what is in use comes back at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.weight = 0
        self.forgotten = 0  # times that all was forgotten
        self.held: dict[K, V] = {}

    def put(self, key: K, value: V, weight: int) -> V:
        """Remember `value`, about so many bytes, under a key that is not held. What alone weighs more than `most` is not kept."""
        if self.weight + weight > self.most:
            self.clear()
        if weight <= self.most:
            self.held[key] = value
            self.weight += weight
        return value

    def add(self, weight: int) -> bool:
        """Whether there is room for so many bytes more in a value that is held; then they are counted. Else all is forgotten."""
        if self.weight + weight > self.most:
            self.clear()
            return False
        self.weight += weight
        return True

    def clear(self) -> None:
        self.held.clear()
        self.forgotten += 1
        self.weight = 0
