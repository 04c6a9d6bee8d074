"""The memory: the ledger, what is projected from it, and the outbox; SQLite or PostgreSQL."""
