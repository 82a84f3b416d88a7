"""Modifiers that the specification defines otherwise than pySigma does. Import it late: it needs pySigma."""

from __future__ import annotations

import re

from sigma.modifiers import (
    SigmaEndswithModifier,
    SigmaExpandModifier,
    SigmaStartswithModifier,
    SigmaWideModifier,
    SigmaWindowsDashModifier,
    modifier_mapping,
)
from sigma.types import SigmaExpansion, SigmaFieldReference, SigmaRegularExpression, SigmaString

_LONG_DASH = re.compile(r"\B[\u2013\u2014\u2015]\b")
_PERCENT = "\ue000"  # stands for an escaped percent sign while placeholders are looked for (Unicode: for private use)


class _Windash(SigmaWindowsDashModifier):  # type: ignore[misc]
    """Any of the five dashes for any of them (modifiers appendix, "windash"); pySigma starts from `-` and `/` alone."""

    def modify(self, val: SigmaString) -> SigmaExpansion:
        plain = type(val)()
        plain.s = [_LONG_DASH.sub("-", part) if isinstance(part, str) else part for part in val.s]
        return super().modify(plain)


class _Startswith(SigmaStartswithModifier):  # type: ignore[misc]
    """A regular expression, else found anywhere, stands at the begin of the value; pySigma leaves the begin open."""

    def modify(
        self, val: SigmaString | SigmaRegularExpression | SigmaFieldReference
    ) -> SigmaString | SigmaRegularExpression | SigmaFieldReference:
        return _anchored(val, "(?-m:^)(?:", ")") if isinstance(val, SigmaRegularExpression) else super().modify(val)


class _Endswith(SigmaEndswithModifier):  # type: ignore[misc]
    """A regular expression stands at the end of the value."""

    def modify(
        self, val: SigmaString | SigmaRegularExpression | SigmaFieldReference
    ) -> SigmaString | SigmaRegularExpression | SigmaFieldReference:
        return _anchored(val, "(?:", ")(?-m:$)") if isinstance(val, SigmaRegularExpression) else super().modify(val)


def _anchored(value: SigmaRegularExpression, before: str, after: str) -> SigmaRegularExpression:
    value.regexp = SigmaString(f"{before}{value.regexp}{after}", escape=False)
    value.compile()
    return value


class _Expand(SigmaExpandModifier):  # type: ignore[misc]
    r"""`\%` is a plain percent sign (rules specification, "Placeholders"); pySigma keeps the backslash and may see a placeholder."""

    def modify(self, val: SigmaString | SigmaRegularExpression) -> SigmaString | SigmaRegularExpression:
        _replace(val, r"\%", _PERCENT)
        done = super().modify(val)
        _replace(done, _PERCENT, "%")
        return done


def _replace(value: SigmaString | SigmaRegularExpression, old: str, new: str) -> None:
    held = value.regexp if isinstance(value, SigmaRegularExpression) else value
    held.s = [part.replace(old, new) if isinstance(part, str) else part for part in held.s]


def know_all_modifiers() -> None:
    """Sigma 2.1 as it is written; `utf16le` is the same as `wide`, and pySigma 2.0 does not know it."""
    modifier_mapping.setdefault("utf16le", SigmaWideModifier)
    modifier_mapping.update(windash=_Windash, startswith=_Startswith, endswith=_Endswith, expand=_Expand)
