"""Reads a state without Terraform, for commands that only ask it one thing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from operations import aws
from operations.state.backend import local_state_file
from operations.state.document import StateDocument
from stacks.errors import AwsError
from stacks.naming import stack_name, state_key

if TYPE_CHECKING:
    from stacks.project.models import Project


def readable_state(project: Project, root: Path) -> StateDocument:
    """The state of an environment, from the local file or the bucket; empty where it can't be read without Terraform.

    Args:
        project: The project, resolved for the environment.
        root: The folder of the project file.

    Raises:
        TerraformError: The local file is not a Terraform state.
    """
    if project.state.backend == "local":
        return StateDocument.read(local_state_file(root, stack_name(project.project_id, project.env)))
    if project.state.backend != "s3":
        return StateDocument({})
    # Terraform's backend does not assume the role of `assume_role`.
    own = project.model_copy(update={"assume_role": None, "region": project.state.region or project.region})
    key = state_key(project.project_id, project.env, project.state.key_prefix)
    try:
        with aws.errors("the state"):
            answer = aws.client(aws.session(own), "s3").get_object(Bucket=project.state.bucket, Key=key)
            return StateDocument(json.loads(answer["Body"].read()))
    except (AwsError, ValueError):
        return StateDocument({})
