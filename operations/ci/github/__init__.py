"""The workflow for GitHub Actions.

Workflow ─> jobs (steps, pins) ─> text ─> kept (what the user added) ─> .github/workflows/ecsforge.yml
"""

from __future__ import annotations
