"""The tokens of binary XML. MS-EVEN6 section 2.2.12."""

from __future__ import annotations

MORE = 0x40  # token bit: attributes (or more data) follow
ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

EOF, OPEN, CLOSE_START, CLOSE_EMPTY, END, VALUE, ATTRIBUTE, CDATA = range(8)
CHARACTER, ENTITY, PI_TARGET, PI_DATA, TEMPLATE, NORMAL, OPTIONAL, HEADER = range(8, 16)
