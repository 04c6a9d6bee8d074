"""Slack in, Slack out, the command line, and the process that holds it all together."""

__version__ = "2026.11.0"
