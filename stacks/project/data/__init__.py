"""Data that AWS publishes, kept as modules so that checking a file loads no SDK."""
