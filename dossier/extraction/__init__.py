"""What one user message claims, corrects, rules out, decides and asks for: by rules, doubtful yields nothing."""

from dossier.extraction.extract import Extraction, extract
from dossier.extraction.held import Held
from dossier.extraction.proposing import proposals_of

__all__ = ["Extraction", "Held", "extract", "proposals_of"]
