r"""Read messages back into blocks, written from the grammar alone: it shares no code with the rendering.

messages  = message+                 the first one is a system message that begins with the key line
key line  = "Blocks are delimited by KEY " key "."
message   = block*                   the first message may hold lines before its first block
block     = "<<" key " item" attribute+ ">>" LF text LF "<</" key " item>>" LF
attribute = " " name "=" quote value quote
text      = lines, none of which begins with "<<" key or "<</" key; `\~-` is nothing, `\~~` is `\~`
value     = characters but quote, angle brackets, backslash; `\u{hex}` is the character of that number
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dossier.errors import InvalidInput

_KEY_LINE = re.compile(r"Blocks are delimited by KEY ([0-9a-f]{16,64})\.\n")
_ATTRIBUTE = re.compile(r' ([a-z_]+)="((?:[^"\\<>\r\n]|\\u\{[0-9a-f]{1,6}\})*)"')
_UNICODE = re.compile(r"\\u\{([0-9a-f]+)\}")
_ESCAPE = re.compile(r"\\~([~-])")


class ParsedBlock(NamedTuple):
    """A block as it was read."""

    attributes: tuple[tuple[str, str], ...]
    text: str


class ParsedMessage(NamedTuple):
    """A message's role and its blocks in order."""

    role: str
    blocks: tuple[ParsedBlock, ...]


def parse(messages: Sequence[Mapping[str, str]]) -> tuple[ParsedMessage, ...]:
    """Recover the blocks of rendered messages.

    Raises:
        InvalidInput: The messages do not follow the grammar.
    """
    found = _KEY_LINE.match(messages[0]["content"]) if messages else None
    if not found or messages[0]["role"] != "system":
        raise _broken("there is no key line")
    first, *others = messages
    opening = first["content"].find(f"\n<<{found[1]}")
    contents = ["" if opening < 0 else first["content"][opening + 1 :], *(m["content"] for m in others)]
    return tuple(
        ParsedMessage(message["role"], _blocks(content, found[1]))
        for message, content in zip(messages, contents, strict=True)
    )


def _blocks(content: str, key: str) -> tuple[ParsedBlock, ...]:
    blocks: list[ParsedBlock] = []
    attributes: tuple[tuple[str, str], ...] | None = None
    lines: list[str] = []
    *all_lines, rest = content.split("\n")
    for line in all_lines:
        if line.startswith(f"<<{key}"):
            if attributes is not None:
                raise _broken("a block opens inside another")
            attributes, lines = _header(line.removeprefix(f"<<{key}")), []
        elif attributes is None:
            raise _broken("there is text outside the blocks")
        elif line.startswith(f"<</{key}"):
            if line != f"<</{key} item>>" or not lines:
                raise _broken("a closing line has the wrong form")
            blocks.append(ParsedBlock(attributes, _ESCAPE.sub(_unmarked, "\n".join(lines))))
            attributes = None
        else:
            lines.append(line)
    if attributes is not None or rest:
        raise _broken("the last block is not closed")
    return tuple(blocks)


def _header(rest: str) -> tuple[tuple[str, str], ...]:
    if not rest.startswith(" item") or not rest.endswith(">>"):
        raise _broken("an opening line has the wrong form")
    inner, found, position = rest[len(" item") : -len(">>")], [], 0
    while position < len(inner):
        match = _ATTRIBUTE.match(inner, position)
        if not match:
            raise _broken("an attribute has the wrong form")
        found.append((match[1], _UNICODE.sub(lambda m: chr(int(m[1], 16)), match[2])))
        position = match.end()
    return tuple(found)


def _unmarked(escape: re.Match[str]) -> str:
    return "" if escape[1] == "-" else "\\~"


def _broken(why: str) -> InvalidInput:
    return InvalidInput(f"These messages were not rendered by Dossier: {why}.", hint="Compare with the stored package.")
