"""Changes to running services without Terraform: rollback, restart, scale, stop, start."""
