"""The page of the sandbox, tested without a browser."""
