"""`ecsforge init`: detects, asks, and writes a project file."""
