"""A run on one page, and several side by side."""

from kgan.report.comparison import compare
from kgan.report.page import NAME, write

__all__ = ["NAME", "compare", "write"]
