"""ASN.1 in BER and DER, as far as Kerberos, LDAP, SNMP and SPNEGO need it: short tags and definite lengths, nothing copied until asked for.

Source: X.690 sections 8.1 to 8.19. Every reader raises ValueError for bytes that are no such element.
"""

from __future__ import annotations

from dataclasses import dataclass

ELEMENTS = 65_536  # elements read of one constructed element; a message of 64 KiB holds at most half as many
INTEGER_BYTES = 9
_BEYOND = "element runs beyond the message"
OID_BYTES = 128  # bytes of an object identifier that are read; honest ones have a dozen

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED, SEQUENCE, SET = (
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x30, 0x31,
)  # fmt: skip


@dataclass(slots=True)  # made for every message: a tuple costs twice as much
class Element:
    """One element: its identifier byte (class, constructed and number together), and where in `data` it and its content lie."""

    data: bytes
    tag: int
    start: int
    begin: int
    end: int

    @property
    def raw(self) -> bytes:
        """Its content."""
        return self.data[self.begin : self.end]

    @property
    def whole(self) -> bytes:
        """Identifier, length and content."""
        return self.data[self.start : self.end]

    @property
    def number(self) -> int:
        """Content as a signed integer. Raises ValueError for one of more than nine bytes (64 bits without sign)."""
        return signed(self.data, (self.begin, self.end))

    def parts(self) -> list[Element]:
        """The elements inside it."""
        found: list[Element] = []
        data, at, stop, some = self.data, self.begin, self.end, len(self.data)
        while at < stop:
            if at + 1 < some and data[at] & 0x1F != 0x1F and (size := data[at + 1]) < 0x80:  # nearly all
                begin, end = at + 2, at + 2 + size
            else:
                begin, end = extent(data, at)
            if end > stop:
                raise ValueError(_BEYOND)
            found.append(Element(data, data[at], at, begin, end))
            at = end
            if len(found) > ELEMENTS:
                raise ValueError(f"more than {ELEMENTS} elements in one")
        return found

    def fields(self) -> dict[int, Element]:
        """The elements inside it by tag, the first of each."""
        found: dict[int, Element] = {}
        for part in self.parts():
            if part.tag not in found:
                found[part.tag] = part
        return found

    def inner(self) -> Element:
        """The one element inside it (explicit tagging)."""
        data, at = self.data, self.begin
        if at + 1 < len(data) and data[at] & 0x1F != 0x1F and (size := data[at + 1]) < 0x80:
            if at + 2 + size > self.end:
                raise ValueError(_BEYOND)
            return Element(data, data[at], at, at + 2, at + 2 + size)
        return element(data, at, self.end)


Span = tuple[int, int]  # where the content of an element begins and ends
Part = tuple[int, int, int]  # its tag, and where its content begins and ends


def spans(data: bytes, whole: Span) -> list[Part]:
    """Tag, begin and end of the elements inside one: for a third of what `Element.parts` costs."""
    found: list[Part] = []
    at, stop = whole
    if stop - at > 2 * ELEMENTS:  # there may be too many
        return [(part.tag, part.begin, part.end) for part in Element(data, data[at], at, at, stop).parts()]
    while at < stop:
        tag, begin = data[at], at + 2
        if begin <= stop and tag & 0x1F != 0x1F and (size := data[at + 1]) < 0x80:  # nearly all
            end = begin + size
        elif begin + 2 <= stop and tag & 0x1F != 0x1F and size == 0x82:  # nearly all others
            begin, end = at + 4, at + 4 + (data[at + 2] << 8 | data[at + 3])
        else:
            begin, end = extent(data, at)
        if end > stop:
            raise ValueError(_BEYOND)
        found.append((tag, begin, end))
        at = end
    return found


def spans_by_tag(data: bytes, whole: Span) -> dict[int, Span]:
    """The same by tag, the first of each."""
    found: dict[int, Span] = {}
    for tag, begin, end in spans(data, whole):
        if tag not in found:
            found[tag] = begin, end
    return found


def inside(data: bytes, outer: Span) -> Span:
    """The content of the one element inside another (explicit tagging)."""
    at, stop = outer
    if at + 3 >= stop or data[at] & 0x1F == 0x1F:
        begin, end = extent(data, at)
    elif (size := data[at + 1]) < 0x80:
        begin, end = at + 2, at + 2 + size
    elif size == 0x82:
        begin, end = at + 4, at + 4 + (data[at + 2] << 8 | data[at + 3])
    else:
        begin, end = extent(data, at)
    if end > stop:
        raise ValueError(_BEYOND)
    return begin, end


def signed(data: bytes, span: Span) -> int:
    """Content as `Element.number`."""
    begin, end = span
    if end - begin > INTEGER_BYTES:
        raise ValueError(f"integer is longer than {INTEGER_BYTES} bytes")
    return int.from_bytes(data[begin:end], "big", signed=True)


def extent(data: bytes, at: int = 0) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends by its length, whether or not `data` reaches that far."""
    if at + 2 > len(data):
        raise ValueError(_BEYOND)
    if data[at] & 0x1F == 0x1F:
        raise ValueError("tag numbers above 30 are not expected here")
    size, begin = data[at + 1], at + 2
    if size < 0x80:
        return begin, begin + size
    count = size & 0x7F
    if not 1 <= count <= 8:
        raise ValueError(f"length of form {size:#04x} is not expected here")
    if begin + count > len(data):
        raise ValueError(_BEYOND)
    return begin + count, begin + count + int.from_bytes(data[begin : begin + count], "big")


def element(data: bytes, at: int = 0, stop: int | None = None) -> Element:
    """The element at `at`, which must end by `stop` (None: the end of `data`)."""
    begin, end = extent(data, at)
    if end > (len(data) if stop is None else stop):
        raise ValueError(_BEYOND)
    return Element(data, data[at], at, begin, end)


def oid(raw: bytes) -> str:
    """Content of an object identifier in dotted form."""
    if not raw or len(raw) > OID_BYTES or raw[-1] & 0x80:
        raise ValueError("object identifier is malformed")
    numbers, value = [], 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
