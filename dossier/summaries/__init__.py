"""Structured summaries: when one is due, made by rule, and a model's checked against the rule's."""

from dossier.summaries.checking import Checked, validated
from dossier.summaries.due import DueReason, Thresholds, due
from dossier.summaries.fitting import as_text, fitted
from dossier.summaries.summarise import summarise

__all__ = ["Checked", "DueReason", "Thresholds", "as_text", "due", "fitted", "summarise", "validated"]
