"""Measures the bot against its floors, in one run on one machine: only the ratios mean anything elsewhere.

``python -m sandbox.bench`` prints the table of ``docs/performance.md``.
"""
