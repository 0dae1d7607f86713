"""What commands print: plans, status, rehearsals, problems, outputs and progress."""
