"""The task definition, from the template that people and CI pipelines read too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stacks.bindings import Construct, TerraformLocal, aws, local
from stacks.constructs import containers
from stacks.constructs.base import Chosen, Concept
from stacks.constructs.environment import Environment
from stacks.constructs.volumes import TaskVolume
from stacks.naming import identifier
from stacks.project.models import Service

TEMPLATE = "templates/service.json.tpl"
ARCHITECTURES = {"x86_64": "X86_64", "arm64": "ARM64"}


@dataclass(frozen=True)
class TaskInputs:
    """What a service's task definition is made of besides its part of the project file.

    `environment` holds variables that ecsforge sets (`PORT`, `QUEUE_URL`), as Terraform expressions; the project
    file's own variables and secrets take precedence.
    `depends_on` holds what has to exist before a task can start.
    """

    name: str
    spec: Service
    log_group: str
    execution_role_arn: str
    task_role_arn: str
    image: str
    volumes: tuple[TaskVolume, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    depends_on: tuple[Any, ...] = ()


class TaskDefinition(Concept):
    """A task definition whose containers come from a rendered template.

    The template's variables stand in `local.<service>_task`, the rendered text in `local.<service>_task_definition`.
    The same text is written to a file for CI/CD pipelines: they put a new image into it and register it.

    Attributes:
        arn: the ARN with its revision.
        family: the family's name, as a Terraform expression.
        path: where the file for CI/CD is written, relative to the stack's folder.
    """

    def __init__(self, scope: Construct, environment: Environment, inputs: TaskInputs) -> None:
        super().__init__(scope, "task_definition")
        self._inputs = inputs
        self._environment = environment
        name = identifier(inputs.name)
        rendered = self._rendered_template(name)
        self.path = environment.names.task_definition_file(inputs.name)
        self.make(
            local.file.File,
            f"{name}_task_definition",
            comment="For a CI pipeline: what `aws ecs register-task-definition` takes as it is.",
            content=rendered,
            filename=f"${{path.module}}/{self.path}",
            file_permission="0644",
            directory_permission="0755",
        )
        definition = self._definition(name, rendered)
        self.arn: str = definition.arn
        self.family: str = definition.family

    def _rendered_template(self, name: str) -> str:
        """The expression for the rendered template, by way of two locals that can be read in the output."""
        task = TerraformLocal(self, f"{name}_task", self._variables())
        task.override_logical_id(f"{name}_task")
        template = template_path(self._inputs.name, self._inputs.spec)
        expression = f'${{templatefile("${{path.module}}/{template}", local.{name}_task)}}'
        rendered = TerraformLocal(self, f"{name}_task_definition", expression)
        rendered.override_logical_id(f"{name}_task_definition")
        return f"${{local.{name}_task_definition}}"

    def _variables(self) -> dict[str, Any]:
        """The template's variables: the article's, and what the article's template has no place for."""
        inputs, environment = self._inputs, self._environment
        spec, account = inputs.spec, environment.account
        log_group, port = inputs.log_group, containers.served_port(inputs.spec)
        mounts = [volume.mount for volume in inputs.volumes]
        return {
            "family": environment.names.task_definition(inputs.name),
            "env": environment.names.env,
            "project_id": environment.names.project_id,
            "name": inputs.name,
            "image": inputs.image,
            "port": port,
            "cpu": spec.cpu,
            "memory": spec.memory,
            "memory_reservation": containers.memory_reservation(spec),
            "cpu_architecture": ARCHITECTURES[spec.architecture],
            "aws_region": account.region,
            "launch_type": containers.LAUNCH_TYPE,
            "network_mode": containers.NETWORK_MODE,
            "log_group": log_group,
            "ecs_execution_role": inputs.execution_role_arn,
            "ecs_task_role": inputs.task_role_arn,
            "port_mappings": self._port_mappings(port),
            "environment": containers.pairs(spec.environment, self._given()),
            "secrets": containers.secret_pairs(spec.secrets, account),
            "container_options": containers.container_options(spec, account, mounts),
            "task_options": self._task_options(),
            "sidecars": [
                containers.sidecar_definition(sidecar, its, account, log_group)
                for sidecar, its in spec.sidecars.items()
            ],
        }

    def _given(self) -> dict[str, str]:
        """What ecsforge sets; ECS refuses a name that is a secret's too."""
        secrets = self._inputs.spec.secrets
        return {name: value for name, value in self._inputs.environment.items() if name not in secrets}

    def _port_mappings(self, port: int | None) -> list[dict[str, Any]]:
        if port is None:
            return []
        spec = self._inputs.spec
        if not spec.connect:
            return [containers.port_mapping(port)]
        # What a worker speaks is not known: without a protocol the proxy takes it for TCP, which carries everything.
        protocol = containers.APPLICATION_PROTOCOLS[spec.http.protocol] if spec.type == "web" else None
        return [containers.port_mapping(port, name=self._inputs.name, protocol=protocol)]

    def _task_options(self) -> dict[str, Any]:
        spec = self._inputs.spec
        options: dict[str, Any] = {}
        if spec.ephemeral_storage:
            options["ephemeralStorage"] = {"sizeInGiB": spec.ephemeral_storage}
        if self._inputs.volumes:
            options["volumes"] = [volume.definition for volume in self._inputs.volumes]
        return options

    def _definition(self, name: str, rendered: str) -> Any:
        kind = aws.ecs_task_definition
        inputs, spec = self._inputs, self._inputs.spec
        platform = kind.EcsTaskDefinitionRuntimePlatform(
            cpu_architecture=ARCHITECTURES[spec.architecture], operating_system_family="LINUX"
        )
        storage = spec.ephemeral_storage
        text = rendered.removeprefix("${").removesuffix("}")
        return self.make(
            kind.EcsTaskDefinition,
            name,
            comment="The template renders the task definition as a whole; Terraform takes the containers of it.",
            **Chosen(
                family=self._environment.names.task_definition(inputs.name),
                requires_compatibilities=[containers.LAUNCH_TYPE],
                network_mode=containers.NETWORK_MODE,
                cpu=str(spec.cpu),
                memory=str(spec.memory),
                execution_role_arn=inputs.execution_role_arn,
                task_role_arn=inputs.task_role_arn,
                container_definitions=f"${{jsonencode(jsondecode({text}).containerDefinitions)}}",
                runtime_platform=platform,
                ephemeral_storage=kind.EcsTaskDefinitionEphemeralStorage(size_in_gib=storage) if storage else None,
                volume=[volume.block() for volume in inputs.volumes] or None,
                tags={"Name": self._environment.names.task_definition(inputs.name)},
                depends_on=list(inputs.depends_on) or None,
            ),
        )


def template_path(service: str, spec: Service) -> str:
    """The template's path in the stack's folder: the built-in one, or the service's own."""
    return f"templates/{service}/service.json.tpl" if spec.task_definition_template else TEMPLATE
