"""What differs between a stack's state and its account: changes outside of Terraform."""
