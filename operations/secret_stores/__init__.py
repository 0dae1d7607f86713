"""The secrets that the project file names, and what SSM and Secrets Manager have, without their values."""
