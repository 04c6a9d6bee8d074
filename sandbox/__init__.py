"""A small world to try the bot in and to test it against: no account anywhere, loopback only."""
