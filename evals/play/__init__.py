"""Scripted multi-turn evals: scenarios in YAML, played through the real graph, and what they came to."""
