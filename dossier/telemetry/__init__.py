"""What is measured and traced, through OpenTelemetry's API: without an SDK behind it nothing happens.

Ids, counts and times only; what was said goes into a trace only where an operator switched that on.
"""
