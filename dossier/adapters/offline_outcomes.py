"""How the offline model tells what a call did, or why it did not."""

from dossier.adapters.offline_clauses import reads
from dossier.adapters.offline_reading import Block, json_object, pairs, plain_text
from dossier.adapters.offline_terms import sentences, stems, terms

_MOST = 8


def outcome(block: Block, request: str) -> list[str]:
    """Return the lines that tell the outcome of a call, each with the id of its item.

    Args:
        block: A tool's result, or the decision about a call.
        request: What a result that was only read is to bear on.
    """
    tool = block.attrs.get("tool", "")
    title = tool.replace("_", " ")
    if "approval" in block.kind:
        return [f"{_ended(f'{title}: {block.text}' if title and title not in block.text else block.text)} [{block.id}]"]
    if block.attrs.get("code") == "outcome_unknown":
        return [f"It is not known whether this took place: {title}. {_ended(block.text)} [{block.id}]"]
    if "code" in block.attrs:
        return [f"Not done: {title}. {_ended(block.text)} [{block.id}]"]
    if reads(tool):
        return _read(block, request)
    record = json_object(block.text)
    said = pairs(record) if record is not None else " ".join(sentences(block.text)[:2])
    about = f"{title} ({said})" if title and said else title or said
    return [f"Done: {_ended(about)} [{block.id}]"]


def _read(block: Block, request: str) -> list[str]:
    """Return the lines of a result that bear on the request, or its first ones."""
    lines = plain_text(block.text).splitlines()
    fitting = [line for line in lines if terms(request) & {*stems(line)}] or lines
    return [f"- {_ended(line)} [{block.id}]" for line in fitting[:_MOST] if line.strip()]


def _ended(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
