"""The names of the secrets in the project file, and who uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.service_names import require_services
from stacks.errors import UsageError
from stacks.project.models import written_texts
from stacks.project.suggest import did_you_mean
from stacks.references import SecretReference, secret_reference

if TYPE_CHECKING:
    from stacks.project.models import Project

LOGIN = "image_credentials"
"""The field with the login to a private registry, and its name for `ecsforge secrets`."""


@dataclass(frozen=True)
class SecretUse:
    """A secret that ECS reads when it starts a container.

    Attributes:
        name: The environment variable, or `image_credentials`; that of a sidecar is `proxy.image_credentials`.
        service: The service.
        path: The field of the project file, `services.api.secrets.DATABASE_URL`.
        text: The reference as it is written, `ssm:/shop/database-url`.
    """

    name: str
    service: str
    path: str
    text: str

    @property
    def is_login(self) -> bool:
        """Whether ECS logs in to the image's registry with it."""
        return self.path.endswith(f".{LOGIN}")

    @property
    def reference(self) -> SecretReference:
        """The parameter or secret."""
        return secret_reference(self.text)


def secret_uses(project: Project) -> Iterator[SecretUse]:
    """Every use of a secret that the project file names, in its order; not those of the user's own Terraform."""
    for service, config in project.services.items():
        path = f"services.{service}"
        for name, text in written_texts(config.secrets).items():
            yield SecretUse(name, service, f"{path}.secrets.{name}", text)
        if config.image_credentials is not None:
            yield SecretUse(LOGIN, service, f"{path}.{LOGIN}", config.image_credentials)
        for name, text in config.logs.secret_options.items():
            yield SecretUse(f"logs.{name}", service, f"{path}.logs.secret_options.{name}", text)
        for sidecar, container in config.sidecars.items():
            for name, text in written_texts(container.secrets).items():
                yield SecretUse(name, service, f"{path}.sidecars.{sidecar}.secrets.{name}", text)
            if container.image_credentials is not None:
                where = f"{path}.sidecars.{sidecar}.{LOGIN}"
                yield SecretUse(f"{sidecar}.{LOGIN}", service, where, container.image_credentials)


def one_secret(project: Project, name: str, service: str | None = None) -> tuple[SecretUse, ...]:
    """The uses of the secret that is called `name`, all with the same reference.

    Args:
        project: The project.
        name: Its name; see `SecretUse`.
        service: The service whose secret is meant. Default: any.

    Raises:
        UsageError: The project has no secret with this name, or services use the name for different secrets.
    """
    every = list(secret_uses(project))
    require_services(project.services, () if service is None else (service,), "--service")
    known = dict.fromkeys(each.name for each in every if service in (None, each.service))
    if not known:
        whose = f"service `{service}`" if service else f"{project.project_id} in {project.env}"
        fix = (
            f"add one to the project file: secrets: {{{name}: ssm:/{project.project_id}/{project.env}/{_dashed(name)}}}"
        )
        raise UsageError.of("", f"{whose} has no secrets", got=name, fix=fix)
    if name not in known:
        raise UsageError.of("", "unknown secret", got=name, fix=did_you_mean(name, known, "the secrets are"))
    named = [each for each in every if each.name == name and service in (None, each.service)]
    first = named[0].reference
    if any(each.reference != first for each in named):
        services = " or ".join(f"--service {each}" for each in dict.fromkeys(each.service for each in named))
        raise UsageError.of("", "services use this name for different secrets", got=name, fix=f"pass {services}")
    return tuple(each for each in every if each.reference == first)


def environments_with(
    projects: Iterable[Project], reference: SecretReference, own: Project, account_id: str
) -> tuple[Project, ...]:
    """The other environments that use the same parameter or secret.

    Args:
        projects: The environments of the project file.
        reference: The parameter or secret.
        own: The environment that is left out.
        account_id: The account of `own`, 12 digits. An environment without `account_id` may be in the same one.
    """
    return tuple(
        each
        for each in projects
        if each.env != own.env
        and each.region == own.region
        and each.account_id in (None, account_id)
        and any(
            (use.reference.service, use.reference.name) == (reference.service, reference.name)
            for use in secret_uses(each)
        )
    )


def _dashed(name: str) -> str:
    return name.lower().replace("_", "-")
