"""Where a stack's state is kept, and what it contains."""
