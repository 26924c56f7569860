"""A run on one page."""

from kgan.report.page import NAME, write

__all__ = ["NAME", "write"]
