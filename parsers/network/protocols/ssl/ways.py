"""The ways in which clients and servers say hello: each is read and digested once, however many conversations begin with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from parsers.network.protocols.fingerprints import ja3, ja3s, ja4
from parsers.network.protocols.hellos import PRE_SHARED_KEY, client_hello, server_hello
from parsers.network.protocols.ssl.rows import names_group, protocol_name
from parsers.network.protocols.tls_names import cipher_name, is_tls13, version_name
from parsers.network.records import Bools, Int64s


@dataclass(frozen=True, slots=True)
class Ways:
    """which: (n,) the way of each conversation, -1 where nobody said hello; texts and numbers of each way, by name. The last number is for
    none."""

    which: Int64s
    texts: Mapping[str, pa.StringArray]
    numbers: Mapping[str, Int64s]

    def of(self, rows: Int64s) -> Ways:
        return replace(self, which=self.which[rows])

    @property
    def there(self) -> Bools:
        return np.asarray(self.which >= 0)

    def text(self, name: str) -> pa.StringArray:
        return self.texts[name].take(pa.array(self.which, mask=self.which < 0))

    def number(self, name: str) -> Int64s:
        return np.asarray(self.numbers[name][self.which])


def offers(which: Int64s, bodies: list[bytes]) -> Ways:
    """The ways of clients. bodies: a hello of each, known to be sound."""
    found = [client_hello(body) for body in bodies]
    texts = {
        "ja3": pa.array([ja3(hello) for hello in found], pa.string()),
        "ja4": pa.array([ja4(hello, "t") for hello in found], pa.string()),
    }
    return Ways(which, texts, {"resumes": _numbers([PRE_SHARED_KEY in hello.extensions for hello in found])})


def answers(which: Int64s, bodies: list[bytes]) -> Ways:
    """The ways of servers. version: the number; tls13: whether it is TLS 1.3; group: of its key share, -1 where it has none; named: whether
    a group may be named in its key exchange instead."""
    found = [server_hello(body) for body in bodies]
    ciphers = [cipher_name(hello.ciphers[0]) for hello in found]
    texts = {
        "version": [version_name(hello.chosen_version) for hello in found],
        "cipher": ciphers,
        "ja3s": [ja3s(hello) for hello in found],
        "next_protocol": [protocol_name(hello) for hello in found],
    }
    numbers: dict[str, Sequence[int]] = {
        "version": [hello.chosen_version for hello in found],
        "tls13": [is_tls13(hello.chosen_version) for hello in found],
        "resumes": [PRE_SHARED_KEY in hello.extensions for hello in found],
        "group": [-1 if hello.group is None else hello.group for hello in found],
        "named": [names_group(cipher) for cipher in ciphers],
    }
    return Ways(
        which,
        {name: pa.array(told, pa.string()) for name, told in texts.items()},
        {name: _numbers(told) for name, told in numbers.items()},
    )


def _numbers(told: Sequence[int]) -> Int64s:
    return np.array([*told, 0], np.int64)


def named(numbers: Int64s, name: Callable[[int], str]) -> pa.StringArray:
    """Names of numbers, null where they are below zero."""
    values, which = np.unique(numbers, return_inverse=True)
    return pa.array([None if value < 0 else name(value) for value in values.tolist()], pa.string()).take(
        pa.array(which)
    )
