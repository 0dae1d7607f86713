"""One-off tasks: a command that runs once, with the image, roles and network of a service."""
