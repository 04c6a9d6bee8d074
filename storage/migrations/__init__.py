"""Migrations: what changed in the schema, in order."""
