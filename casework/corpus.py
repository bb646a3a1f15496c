"""The documents that come with the application: Markdown files with a front matter."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

DocumentType = Literal["inspection_report", "complaint", "letter", "certificate", "laboratory_report", "policy"]

_FILE = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_SECTION = re.compile(r"^## (?P<heading>[^\n]+)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class FrontMatter(BaseModel):
    """What is known about a document beside its text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    type: DocumentType
    title: str
    case: str | None
    """The case that it belongs to; None when it belongs to the whole agency."""
    date: date
    version: str
    verified_by: str
    supersedes: str | None = None
    """The older document that this one replaces."""
    always_applies: bool = False
    """Its first section is shown to the model in every turn."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One section of a document: what is found and cited."""

    number: int
    """From 1, in the order of the text."""
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document, cut into passages."""

    about: FrontMatter
    passages: tuple[Passage, ...]


def parse(text: str) -> Document:
    """Return the document that a file's text holds.

    Raises:
        ValueError: The front matter or the sections are missing or wrong.
    """
    parts = _FILE.match(text)
    if parts is None:
        raise ValueError("a document begins with a front matter between lines of '---'")
    sections = enumerate(_SECTION.finditer(parts["body"]), start=1)
    passages = tuple(Passage(number, found["heading"].strip(), found["text"].strip()) for number, found in sections)
    if not passages:
        raise ValueError("a document has at least one section that begins with '## '")
    return Document(FrontMatter.model_validate(yaml.safe_load(parts["front"])), passages)


@cache
def documents(tenant: str) -> tuple[Document, ...]:
    """Return the documents shipped for a tenant, by id; none for an unknown tenant."""
    folder = files("casework").joinpath("documents")
    if tenant not in {entry.name for entry in folder.iterdir()}:
        return ()
    found = (parse(f.read_text("utf-8")) for f in folder.joinpath(tenant).iterdir() if f.name.endswith(".md"))
    return tuple(sorted(found, key=lambda document: document.about.id))
