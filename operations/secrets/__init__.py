"""The values of the secrets that the project file names: which are set, and setting and removing them.

A value is never shown, and never part of a message, an error, a file or the arguments of a process.
"""
