"""Benchmarks: each runs through the product's own code, and writes what it saw."""
