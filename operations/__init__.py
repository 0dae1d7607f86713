"""Everything that happens to a stack after synthesis: usable as a library, without a terminal (docs/library.md)."""
