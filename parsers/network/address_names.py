"""Addresses as text, the same from every version of Python: those from 3.13 on write an IPv4 address within IPv6 in dotted form."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def address_name(said: bytes | str | int) -> str:
    """An address as RFC 5952 writes it, of its 4 or 16 bytes, of its number, or of another spelling; an IPv4 address within IPv6 keeps
    its dots (section 5). Raises ValueError where it is none."""
    address = ip_address(said)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        zone = f"%{address.scope_id}" if address.scope_id else ""
        return f"::ffff:{address.ipv4_mapped}{zone}"
    return str(address)
