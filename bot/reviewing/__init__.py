"""The monthly review: makes digests, posts them, and chases who must sign them."""

from bot.reviewing.chasing import Reviewing
from bot.reviewing.dossiers import Dossier, dossier
from bot.reviewing.posting import Reports

__all__ = ["Dossier", "Reports", "Reviewing", "dossier"]
