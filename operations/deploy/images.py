"""Whether every service has an image, checked before Terraform runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from operations.plan.variables import deployed_images, given_variables
from operations.text import shown_path
from stacks.errors import Position, Problem, TerraformError, UsageError
from stacks.naming import identifier, image_variable, shared_repository

if TYPE_CHECKING:
    from operations.stack import Stack

NO_IMAGES: Mapping[str, str] = {}
_REPOSITORY, _LIFECYCLE = "aws_ecr_repository", "aws_ecr_lifecycle_policy"


def missing_images(stack: Stack, images: Mapping[str, str] = NO_IMAGES) -> tuple[str, ...]:
    """The services whose image is neither in `images`, nor a variable in the environment, nor deployed already."""
    needed = [name for name, service in stack.project.services.items() if service.image_is_deployed]
    if not needed:
        return ()
    given, deployed = given_variables(stack.terraform.env_vars), deployed_images(stack.state_before)
    return tuple(
        name
        for name in needed
        if name not in images and image_variable(identifier(name)) not in given and name not in deployed
    )


def require_images(stack: Stack, images: Mapping[str, str] = NO_IMAGES, *, only_built: bool = False) -> None:
    """Raise UsageError if a service has no image.

    Args:
        stack: The stack.
        images: Images to deploy, by service.
        only_built: Leave out services with `repository`, whose pipeline needs the repository to push the first image.
    """
    services = stack.project.services
    missing = [name for name in missing_images(stack, images) if not only_built or services[name].build is not None]
    if missing:
        raise UsageError(*(_no_image(stack, name) for name in missing))


def _no_image(stack: Stack, name: str) -> Problem:
    if stack.project.services[name].build is not None:
        fix = f"build it with `ecsforge deploy --env {stack.project.env} --build`, or pass --image {name}=REF"
    else:
        repository = shared_repository(stack.project.project_id, name)
        fix = f"push one to the repository {repository} and pass its --tag TAG, or pass --image {name}=REF"
    return Problem(Position(f"services.{name}"), f"no image of {name} is deployed yet", None, fix)


def refuse_moved_repositories(stack: Stack) -> None:
    """Raise TerraformError for a service whose repository would move from this stack to the shared one.

    Terraform would delete the repository of a service with `image_owner: external` with all its images.
    """
    problems = tuple(_moved_repositories(stack))
    if problems:
        raise TerraformError(*problems)


def _moved_repositories(stack: Stack) -> Iterator[Problem]:
    own = {name: service for name, service in stack.project.services.items() if service.has_shared_repository}
    if not own:
        return
    known = stack.state_before.attributes
    for name, service in own.items():
        address = f"{_REPOSITORY}.{identifier(name)}"
        if address not in known:
            continue
        old, new = str(known[address].get("name")), shared_repository(stack.project.project_id, name)
        key = "build" if service.build is not None else "repository"
        forgotten = " ".join(each for each in (address, f"{_LIFECYCLE}.{identifier(name)}") if each in known)
        yield Problem(
            Position(f"services.{name}"),
            f"with {key} its images are in the repository {new}, and Terraform would delete the existing one with its "
            "images",
            old,
            f"remove {key}, or keep the images as follows",
            address=address,
            details=(
                f"1. run `ecsforge deploy`: it creates {new} and stops here again",
                f"2. copy what runs: skopeo copy --all --preserve-digests docker://REGISTRY/{old}:TAG "
                f"docker://REGISTRY/{new}:TAG",
                f"3. keep {old}: terraform -chdir={shown_path(stack.terraform.folder)} state rm {forgotten}",
                f"4. deploy again with --tag TAG, and delete {old} in ECR when no task uses it",
            ),
        )
