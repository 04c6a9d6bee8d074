"""What has to hold before a night begins: one line for each thing, with a remedy where it does not."""

from bot.doctor.visit import SCOPES, Check, drift, examine

__all__ = ["SCOPES", "Check", "drift", "examine"]
