"""From the project file to Terraform. Pure: calls neither AWS nor Terraform."""
