"""Reads, compares and keeps the images of pages that typst makes, so that tests need no library for it."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

DIFFERENT = 48  # grey levels of 255 by which a pixel differs for the eye
SHARE = 0.0008  # of the pixels of a page that may: edges of letters drawn by another version


def unlike(seen: Any, approved: Any) -> float:
    """The share of pixels that differ for the eye."""
    assert seen.shape == approved.shape
    return float((np.abs(seen.astype(int) - approved.astype(int)) > DIFFERENT).mean())


def grey(levels: Any) -> bytes:
    """An image of grey values (rows, columns) uint8 as a small PNG: sixteen levels, enough for the eye and for `unlike`."""
    height, width = levels.shape
    lines = np.zeros((height, width + 1), np.uint8)
    lines[:, 1:] = levels & 0xF0 | levels >> 4
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big") for kind, data in parts
    )


def pixels(png: bytes) -> Any:
    """The grey values of an image: (rows, columns) uint8. RFC 2083: 8 bits a channel, not interlaced; RGBA, or grey as `grey` writes it."""
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    if png[24:29] == b"\x08\x00\x00\x00\x00":
        return np.frombuffer(zlib.decompress(_data(png)), np.uint8).reshape(height, 1 + width)[:, 1:]
    assert png[24:29] == b"\x08\x06\x00\x00\x00"
    raw = np.frombuffer(zlib.decompress(_data(png)), np.uint8).reshape(height, 1 + width * 4)
    lines = np.zeros((height + 1, 3, width), np.uint8)
    for row in range(height):
        lines[row + 1] = _unfiltered(raw[row, 0], raw[row, 1:].reshape(width, 4)[:, :3].T, lines[row])
    return lines[1:].astype(np.uint16).mean(axis=1).astype(np.uint8)


def _data(png: bytes) -> bytes:
    chunks, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            chunks.append(png[at + 8 : at + 8 + size])
        at += size + 12
    return b"".join(chunks)


def _unfiltered(kind: int, line: Any, above: Any) -> Any:
    """RFC 2083 section 6: 0 none, 1 left, 2 up, 3 mean, 4 Paeth. A line is (channels, columns); no channel knows of the others."""
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line, axis=1, dtype=np.uint8)
    if kind == 2:
        return line + above
    one = _mean if kind == 3 else _paeth
    if all((of == of[:1]).all() for of in (line, above)):  # grey
        return one(line[0].tolist(), above[0].tolist())
    return [one(*channel) for channel in zip(line.tolist(), above.tolist(), strict=True)]


def _mean(line: list[int], above: list[int]) -> list[int]:
    left, out = 0, []
    for value, up in zip(line, above, strict=True):
        left = value + (left + up >> 1) & 255
        out.append(left)
    return out


def _paeth(line: list[int], above: list[int]) -> list[int]:
    """The nearest of left, up and corner to left + up - corner; of equally near ones the first."""
    left, corner, out = 0, 0, []
    for value, up in zip(line, above, strict=True):
        to_left, to_up = abs(up - corner), abs(left - corner)
        if to_left > to_up or to_left > abs(left + up - 2 * corner):
            left = up if to_up <= abs(left + up - 2 * corner) else corner
        left, corner = left + value & 255, up
        out.append(left)
    return out
