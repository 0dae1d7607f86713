"""The command line of ecsforge. `cli.main:main` is its entry."""
