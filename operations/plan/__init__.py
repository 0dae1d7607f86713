"""What a plan changes, as typed values with secrets masked."""
