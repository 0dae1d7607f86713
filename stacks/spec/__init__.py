"""Project file models, loading and rules."""
