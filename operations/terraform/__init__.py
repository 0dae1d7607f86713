"""Terraform and OpenTofu: found, run, and their output as typed events."""
