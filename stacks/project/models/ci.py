"""Settings of the pipelines that `ecsforge ci` writes."""

from __future__ import annotations

from stacks.project.models.base import Model, Text


class Github(Model):
    """The workflow for GitHub Actions that `ecsforge ci github` writes."""

    repository: str
    """The repository on GitHub, `organization/name`, in the spelling of its URL."""
    branch: Text = "main"
    """The branch whose pushes are deployed."""
    install: str
    """The shell command that installs ecsforge in a job, pinned to a commit, a wheel or a version."""
    plan_protected: bool = False
    """Also plan protected environments on pull requests, whose code can then read their state, and the passwords of
    their databases."""


class Ci(Model):
    """Pipelines."""

    github: Github | None = None
    """The workflow for GitHub Actions; none by default."""
