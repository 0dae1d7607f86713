"""Checks of what only the account knows, before anything is planned: they find what would fail minutes later."""
