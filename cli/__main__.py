"""`python -m cli`, the same as `ecsforge`."""

from __future__ import annotations

from cli.main import main

main()
