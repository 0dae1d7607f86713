"""How an environment runs: its services, jobs, queues and logs."""
