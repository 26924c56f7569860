"""Tests of kgan; see CONTRIBUTING.md."""

PATIENCE = 1800.0  # seconds after which what a test waits for is taken to hang, however busy the machine is
