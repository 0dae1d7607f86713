"""Synthesized stacks, created without a synth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacks.configuration import BackendSettings
from stacks.output import SynthesizedStack


def synthesized(name: str, env: str, path: Path, configuration: Mapping[str, Any]) -> SynthesizedStack:
    """A stack with this configuration in Terraform's JSON syntax."""
    tags = configuration["provider"]["aws"][0]["default_tags"][0]["tags"]
    return SynthesizedStack(name, env, path, {}, configuration, (), {}, tags, BackendSettings("local", {}))
