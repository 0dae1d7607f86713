"""Plan, confirm, apply and wait, and what an apply that did not succeed has left."""
