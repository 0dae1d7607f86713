"""The secrets that the project file names: which exist, and setting their values. Values are never shown."""
