"""What a deployment keeps in the evidence repository besides its changes, and how it notices tampering there.

Ours is the only hand that writes there; whatever else moves is reported, and mended by writing again, without
hiding that it happened.
"""

from bot.keeping.keeper import EvidenceKeeper

__all__ = ["EvidenceKeeper"]
