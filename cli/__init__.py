"""The command line: what talks to the user. Nothing here that a user of the library would miss."""
