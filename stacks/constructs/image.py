"""The image of a service: the one in the project file, or a variable."""

from __future__ import annotations

from stacks.bindings import Precondition, TerraformResourceLifecycle, TerraformVariable
from stacks.constructs.base import Scope, literal
from stacks.naming import identifier, image_variable
from stacks.project.models import Service


def image(scope: Scope, name: str, config: Service) -> str:
    """The image of the service `name`, as a Terraform expression.

    Synthesis does not know an image that is built: it is a variable (`operations/plan/variables.py`).
    """
    if not config.image_is_deployed:
        return literal(config.image)
    variable = image_variable(identifier(name))
    made = TerraformVariable(
        scope,
        variable,
        type="string",
        default="",
        description=f"The image of {name}. ecsforge passes the one that is deployed, or the one that runs.",
    )
    made.override_logical_id(variable)
    return f"${{var.{variable}}}"


def requires_image(name: str, config: Service) -> TerraformResourceLifecycle | None:
    """The lifecycle of a task definition that can't be registered without the image of the service `name`."""
    if not config.image_is_deployed:
        return None
    variable = image_variable(identifier(name))
    option = "--build" if config.build is not None else "--tag TAG"
    message = f"{name} has no image; run ecsforge deploy {option}, or pass -var {variable}=IMAGE"
    return TerraformResourceLifecycle(
        precondition=[Precondition(condition=f'${{var.{variable} != ""}}', error_message=message)]
    )
