"""Keeps moto from running code: functions of Lambda and jobs of Batch would run in Docker, with a network."""

from __future__ import annotations

from moto.core.config import default_user_config


def patch() -> None:
    """A call of a function or of a job only answers, as in moto's "simple" mode.

    The user's own Terraform can contain both, and a rehearsal runs nothing that acts outside of the emulator.
    """
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["batch"] = {"use_docker": False}
