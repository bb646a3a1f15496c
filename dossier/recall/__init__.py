"""Recall over a whole thread: which of all past turns bear on a request, and why. Pure."""
