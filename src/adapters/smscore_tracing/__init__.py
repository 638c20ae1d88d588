"""
Spans of what happens to messages, for OpenTelemetry.
"""

from smscore_tracing._otlp import OtlpExporter
from smscore_tracing._tracing import TRACED, Tracing

__all__ = ["TRACED", "OtlpExporter", "Tracing"]
