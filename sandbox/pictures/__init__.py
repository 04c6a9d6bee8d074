"""``python -m sandbox.pictures``: what people see of the procedure, photographed on the sandbox's own page."""
