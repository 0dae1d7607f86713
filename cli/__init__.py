"""The command line of ecsforge. Its entry point is `cli.main:main`."""
