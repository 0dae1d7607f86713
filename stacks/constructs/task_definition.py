"""The task definition, rendered from a template that people and CI pipelines can read too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stacks.bindings import TerraformLocal, aws, local
from stacks.constructs import containers
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.image import requires_image
from stacks.constructs.logging import ContainerLogs
from stacks.constructs.volumes import TaskVolume
from stacks.naming import identifier
from stacks.project.models import Service, Sidecar
from stacks.project.targets import serves_http, targets_of

TEMPLATE = "templates/service.json.tpl"
ARCHITECTURES = {"x86_64": "X86_64", "arm64": "ARM64"}


@dataclass(frozen=True)
class TaskInputs:
    """The configuration of a service, and what its task definition needs from other constructs.

    `environment` has the variables that ecsforge sets (`PORT`, `QUEUE_URL`), as Terraform expressions; variables and
    secrets of the project file take precedence. `secrets` are what ECS reads for further variables, in its form.
    `depends_on` is what must exist before a task can start.
    """

    name: str
    config: Service
    log_group: str
    execution_role_arn: str
    task_role_arn: str
    image: str
    volumes: tuple[TaskVolume, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    depends_on: tuple[Any, ...] = ()


class TaskDefinition(Construct):
    """A task definition whose containers come from a rendered template.

    The template's variables are in `local.<service>_task`, the rendered text is in `local.<service>_task_definition`.
    Terraform also writes the text to a file, in which CI/CD pipelines replace the image before they register it.

    Attributes:
        arn: The ARN with its revision.
        path: The path of the file for CI/CD, relative to the stack's folder.
    """

    def __init__(self, scope: Scope, environment: Environment, inputs: TaskInputs) -> None:
        super().__init__(scope, "task_definition")
        self._inputs = inputs
        self._environment = environment
        name = identifier(inputs.name)
        rendered = self._rendered_template(name)
        self.path = environment.names.task_definition_file(inputs.name)
        self.make(
            local.file.File,
            f"{name}_task_definition",
            comment="For CI pipelines: the input of `aws ecs register-task-definition --cli-input-json`.",
            content=rendered,
            filename=f"${{path.module}}/{self.path}",
            file_permission="0644",
            directory_permission="0755",
        )
        self.arn: str = self._definition(name, rendered).arn

    def _rendered_template(self, name: str) -> str:
        """The expression for the rendered template, through two locals for readability."""
        task = TerraformLocal(self, f"{name}_task", self._variables())
        task.override_logical_id(f"{name}_task")
        template = template_path(self._inputs.name, self._inputs.config)
        expression = f'${{templatefile("${{path.module}}/{template}", local.{name}_task)}}'
        rendered = TerraformLocal(self, f"{name}_task_definition", expression)
        rendered.override_logical_id(f"{name}_task_definition")
        return f"${{local.{name}_task_definition}}"

    def _variables(self) -> dict[str, Any]:
        """The template's variables: those of the article's template, and those that it lacks."""
        inputs, environment = self._inputs, self._environment
        config = inputs.config
        return {
            "family": environment.names.task_definition(inputs.name),
            "env": environment.names.env,
            "project_id": environment.names.project_id,
            "name": inputs.name,
            "image": inputs.image,
            "port": config.served_port,
            "cpu": config.cpu,
            "memory": config.memory,
            "memory_reservation": containers.memory_reservation(config),
            "cpu_architecture": ARCHITECTURES[config.architecture],
            "aws_region": environment.account.region,
            "launch_type": containers.LAUNCH_TYPE,
            "network_mode": containers.NETWORK_MODE,
            "log_group": inputs.log_group,
            "ecs_execution_role": inputs.execution_role_arn,
            "ecs_task_role": inputs.task_role_arn,
            "port_mappings": self._port_mappings(None),
            **self._container_variables(),
        }

    def _container_variables(self) -> dict[str, Any]:
        """The template's variables in the form of container definitions."""
        config, account = self._inputs.config, self._environment.account
        mounts = [volume.mount for volume in self._inputs.volumes]
        logs = ContainerLogs(config.logs, account, self._inputs.log_group)
        return {
            "environment": containers.pairs(config.environment, self._own_environment()),
            "secrets": containers.secret_pairs(config.secrets, account, self._inputs.secrets),
            "container_options": containers.container_options(config, account, mounts, logs),
            "task_options": self._task_options(),
            "sidecars": [
                *(self._sidecar(name, sidecar, logs) for name, sidecar in config.sidecars.items()),
                *logs.added_router,
            ],
        }

    def _sidecar(self, name: str, sidecar: Sidecar, logs: ContainerLogs) -> dict[str, Any]:
        mounts = [mount for volume in self._inputs.volumes if (mount := volume.mount_in(sidecar))]
        ports = self._port_mappings(name)
        return containers.sidecar_definition(
            name, sidecar, self._environment.account, logs=logs, ports=ports, mounts=mounts
        )

    def _own_environment(self) -> dict[str, str]:
        """The variables that ecsforge sets, without names of secrets: ECS rejects a name that is both."""
        secrets = self._inputs.config.secrets
        return {name: value for name, value in self._inputs.environment.items() if name not in secrets}

    def _port_mappings(self, sidecar: str | None) -> list[dict[str, Any]]:
        """The port of a sidecar, or of the service's own container; Service Connect needs a name for the target's."""
        config = self._inputs.config
        transport = "tcp" if sidecar is None else config.sidecars[sidecar].protocol
        port = config.served_port if sidecar is None else config.sidecars[sidecar].port
        if port is None:
            return []
        return [self._port_mapping(sidecar, port, transport), *self._further_mappings(sidecar, port)]

    def _port_mapping(self, sidecar: str | None, port: int, transport: str) -> dict[str, Any]:
        config = self._inputs.config
        if not config.connect or sidecar != config.target_container:
            return containers.port_mapping(port, transport=transport)
        # The protocol of a worker or of TCP is not known. Without one, the proxy uses TCP, which works for all.
        protocol = containers.APPLICATION_PROTOCOLS[config.http.protocol] if serves_http(config) else None
        return containers.port_mapping(port, name=self._inputs.name, protocol=protocol)

    def _further_mappings(self, sidecar: str | None, port: int) -> list[dict[str, Any]]:
        """The ports of `http.also` in the service's own container; a sidecar has one port."""
        if sidecar is not None:
            return []
        config, name = self._inputs.config, self._inputs.name
        further = [target.port for target in targets_of(name, config)[1:] if target.container == name]
        return [containers.port_mapping(each) for each in further if each != port]

    def _task_options(self) -> dict[str, Any]:
        config = self._inputs.config
        options: dict[str, Any] = {}
        if config.ephemeral_storage:
            options["ephemeralStorage"] = {"sizeInGiB": config.ephemeral_storage}
        if self._inputs.volumes:
            options["volumes"] = [volume.definition for volume in self._inputs.volumes]
        return options

    def _definition(self, name: str, rendered: str) -> Any:
        kind = aws.ecs_task_definition
        inputs, config = self._inputs, self._inputs.config
        platform = kind.EcsTaskDefinitionRuntimePlatform(
            cpu_architecture=ARCHITECTURES[config.architecture], operating_system_family="LINUX"
        )
        storage = config.ephemeral_storage
        text = rendered.removeprefix("${").removesuffix("}")
        return self.make(
            kind.EcsTaskDefinition,
            name,
            comment="The template renders the whole task definition; only its container definitions are used here.",
            family=self._environment.names.task_definition(inputs.name),
            requires_compatibilities=[containers.LAUNCH_TYPE],
            network_mode=containers.NETWORK_MODE,
            cpu=str(config.cpu),
            memory=str(config.memory),
            execution_role_arn=inputs.execution_role_arn,
            task_role_arn=inputs.task_role_arn,
            container_definitions=f"${{jsonencode(jsondecode({text}).containerDefinitions)}}",
            runtime_platform=platform,
            ephemeral_storage=kind.EcsTaskDefinitionEphemeralStorage(size_in_gib=storage) if storage else None,
            volume=[volume.block() for volume in inputs.volumes] or None,
            # ECS runs no task from a deregistered revision: a rollback and a schedule need the previous ones.
            # `destroy` deregisters them (operations/deploy/families.py).
            skip_destroy=True,
            tags={"Name": self._environment.names.task_definition(inputs.name)},
            lifecycle=requires_image(inputs.name, config),
            depends_on=list(inputs.depends_on) or None,
        )


def template_path(service: str, config: Service) -> str:
    """The path of the template in the stack's folder: the service's own, or the built-in one."""
    return f"templates/{service}/service.json.tpl" if config.task_definition_template else TEMPLATE
