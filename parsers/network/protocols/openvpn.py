"""OpenVPN over UDP without tls-auth, by its handshake: the server's reset names the client's session (OpenVPN protocol, P_CONTROL)."""

from __future__ import annotations

import numpy as np

from parsers.network.protocols import Openings
from parsers.network.protocols.signatures import Signature, begins
from parsers.network.records import Bools

CLIENT_RESET, SERVER_RESET = b"\x38", b"\x40"  # P_CONTROL_HARD_RESET_CLIENT_V2 and _SERVER_V2, key 0
_ONE_ACKNOWLEDGED = b"\x01\0\0\0\0"  # after the server's session: one packet, number 0; then the client's session


def _fits(openings: Openings) -> Bools:
    orig, resp = openings.orig, openings.resp
    resets = begins(orig, CLIENT_RESET) & begins(resp, SERVER_RESET) & (openings.orig_size >= 14)
    named = begins(resp, _ONE_ACKNOWLEDGED, 9) & np.asarray((resp[:, 14:22] == orig[:, 1:9]).all(axis=1))
    found: Bools = (openings.proto == 17) & resets & named & (openings.resp_size >= 26)
    return found


DISSECTOR = Signature("openvpn", _fits)
