"""Metrics to be fetched, traces to be sent, logs as lines of JSON: set up once a process."""

import logging
import sys
from functools import cache

import structlog
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from starlette.responses import Response


@cache
def measure() -> None:
    """Keep metrics in this process, unless whoever started it has set up a meter provider already.

    Traces go where a tracer provider sends them that the process was started with, such as by
    `opentelemetry-instrument`.
    """
    if not isinstance(metrics.get_meter_provider(), MeterProvider):
        metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))


def metrics_page() -> Response:
    """Return the metrics in the form that Prometheus fetches; counts and times, of no tenant by name."""
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


def log_lines() -> None:
    """Write logs as JSON, a line each, to standard error; ids and codes, never what was said."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
