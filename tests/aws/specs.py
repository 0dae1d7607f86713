"""The project files of a run, changed so that they can be deployed to any account.

The images of the specs do not answer on the ports that the specs name, and the specs refer to resources that exist in
nobody's account. A run replaces the former and creates the latter (`prerequisites.py`). What it can't create cheaply is
taken out of the file. Everything else stays as the spec has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copytree
from typing import Any

import yaml

SPECS = Path(__file__).parents[1] / "specs"
IMAGE = "public.ecr.aws/docker/library/python:3.12-alpine"
"""A small public image for both architectures."""
SINK = "success@simulator.amazonses.com"
"""The address of Amazon SES that accepts every message and delivers none."""
_ANSWER = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    do_HEAD = do_GET
http.server.ThreadingHTTPServer(("", int(os.environ["E2E_PORT"])), Handler).serve_forever()
""".strip()
ANSWER = ["python", "-u", "-c", _ANSWER]
WAIT = ["python", "-u", "-c", "import signal; signal.sigwait({signal.SIGTERM})"]
END = ["python", "-u", "-c", "print('done')"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """Where a run deploys to.

    Attributes:
        id: 12 digits.
        zone: The name of a public hosted zone for the specs with a domain; empty if there is none.
    """

    id: str
    zone: str = ""


@dataclass
class Needs:
    """What a project file refers to, which the run creates first.

    Attributes:
        certificate: Whether it needs a certificate in ACM.
        hosts: The hosts that the certificate has to cover.
        boundary: Whether it needs a managed policy as permissions boundary.
        parameters: The names of SSM parameters.
        secrets: The names of secrets, each with the keys of its JSON.
        objects: The keys of environment files in the bucket of the run.
    """

    certificate: bool = False
    hosts: set[str] = field(default_factory=set)
    boundary: bool = False
    parameters: set[str] = field(default_factory=set)
    secrets: dict[str, set[str]] = field(default_factory=dict)
    objects: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Prepared:
    """A project file of a run.

    Attributes:
        name: The spec's, without its extension.
        project_id: The prefix of all names.
        document: The content of the project file.
        needs: What has to exist before the deploy.
        envs: The environments to deploy.
        left_out: Environments that are not deployed, with the reason.
        changed: What differs from the spec beside names and images.
        own_terraform: The folder of its own Terraform; None without one.
    """

    name: str
    project_id: str
    document: Json
    needs: Needs
    envs: tuple[str, ...]
    left_out: dict[str, str]
    changed: tuple[str, ...]
    own_terraform: Path | None = None

    @property
    def region(self) -> str:
        region: str = self.document["region"]
        return region

    def write(self, folder: Path) -> None:
        """Write the project file, and its own Terraform beside it."""
        # JSON is valid YAML.
        (folder / "ecsforge.yaml").write_text(json.dumps(self.document, indent=2), encoding="utf-8")
        if self.own_terraform is not None:
            copytree(self.own_terraform, folder / self.document["terraform"], dirs_exist_ok=True)

    def resolved(self, value: Any, arns: dict[str, str]) -> Any:
        """A value with the ARNs of what the run created, in place of `{certificate}` and `{boundary}`."""
        if isinstance(value, dict):
            return {key: self.resolved(item, arns) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item, arns) for item in value]
        return arns.get(value, value) if isinstance(value, str) else value


DATABASES = ("postgres", "mysql")
CERTIFICATE, BOUNDARY = "{certificate}", "{boundary}"


def prepare(file: Path, run: str, account: Account) -> Prepared:
    """Change a spec for a run, whose id is part of all names."""
    document: Json = yaml.safe_load(file.read_text(encoding="utf-8"))
    project_id = f"e2e-{run}-{file.stem}"[:24].rstrip("-")
    prepared = _Preparation(file.stem, project_id, document, account).prepared()
    own = document.get("terraform")
    return replace(prepared, own_terraform=file.parent / own) if own else prepared


class _Preparation:
    def __init__(self, name: str, project_id: str, document: Json, account: Account) -> None:
        self._name, self._id, self._document, self._account = name, project_id, document, account
        self._needs = Needs()
        self._changed: dict[str, None] = {}
        self._left_out: dict[str, str] = {}

    def prepared(self) -> Prepared:
        document = self._document
        document["project_id"] = self._id
        document.setdefault("environments", {"dev": {}})
        self._settings(document, document.get("services", {}))
        envs = document["environments"]
        for env, overrides in envs.items():
            envs[env] = overrides = overrides or {}
            self._settings(overrides, document.get("services", {}))
            if self._has_domain(overrides) or self._has_domain(document):
                self._domain(env, overrides)
        deployed = tuple(env for env in envs if env not in self._left_out)
        changed = tuple(self._changed)
        return Prepared(self._name, self._id, document, self._needs, deployed, self._left_out, changed)

    def _settings(self, settings: Json, services: Json) -> None:
        """Change the keys that both the file and an environment can have."""
        settings.pop("state", None)
        settings.pop("assume_role", None)
        settings.pop("registry", None)
        if settings.get("account_id"):
            settings["account_id"] = self._account.id
        if settings.get("permissions_boundary"):
            settings["permissions_boundary"] = BOUNDARY
            self._needs.boundary = True
        https = settings.get("load_balancer", {}).get("https") or {}
        if https.pop("certificate_arns", None) or https.get("certificate_arn"):
            https["certificate_arn"] = CERTIFICATE
            self._needs.certificate = True
        redirects = settings.get("load_balancer", {}).get("redirects", ())
        self._needs.hosts.update(redirect["from"] for redirect in redirects)
        if settings.get("alarms", {}).get("email"):
            settings["alarms"]["email"] = [SINK]
        for name, resource in settings.get("resources", {}).items():
            if resource.get("type") in DATABASES or "final_snapshot" in resource:
                resource["final_snapshot"] = False
                self._changed[f"{name} has no final snapshot: nothing of a run is left"] = None
        for name, service in settings.get("services", {}).items():
            whole = services.get(name, service)  # the service itself, where only this environment has it
            self._service(name, service, whole, at_top=service is services.get(name))

    def _service(self, name: str, service: Json, whole: Json, *, at_top: bool) -> None:
        kind = whole.get("type", "web")
        for key in {"build", "repository"} & set(service):
            del service[key]
            self._changed[f"service {name} has no {key}: a run pushes no images"] = None
        if at_top or {"image", "command", "entrypoint"} & set(service):
            service.pop("entrypoint", None)
            service["image"] = IMAGE
            service["command"] = {"web": ANSWER, "worker": WAIT, "job": END}[kind]
        if at_top and kind == "web":
            port = str((whole.get("tcp") or {}).get("port") or whole.get("port", 80))
            whole.get("health_check", {}).pop("port", None)  # the image answers on one port
            service["environment"] = {**service.get("environment", {}), "E2E_PORT": port}
        self._needs.hosts.update((service.get("http") or {}).get("hosts", ()))
        self._container(service)
        for key, sidecar in service.get("sidecars", {}).items():
            sidecar["image"], sidecar["command"] = IMAGE, WAIT
            sidecar.pop("entrypoint", None)
            if key == whole.get("target_container"):
                sidecar["command"] = ANSWER
                sidecar["environment"] = {**sidecar.get("environment", {}), "E2E_PORT": str(sidecar["port"])}
            self._container(sidecar)
        self._existing(name, service)

    def _container(self, container: Json) -> None:
        container.pop("image_credentials", None)
        for variable, reference in container.get("secrets", {}).items():
            container["secrets"][variable] = self._secret(_without_placeholders(reference))
        files = container.get("env_files", [])
        for index, file in enumerate(files):
            key = _without_placeholders(file).removeprefix("s3://").partition("/")[2]
            self._needs.objects.add(key)
            files[index] = f"s3://{self.bucket}/{key}"

    @property
    def bucket(self) -> str:
        return bucket_of(self._id, self._account.id)

    def _secret(self, reference: str) -> str:
        service, _, rest = reference.partition(":")
        if service == "ssm":
            name = f"/{self._id}/{rest.strip('/')}"
            self._needs.parameters.add(name)
            return f"ssm:{name}"
        name, colon, selector = rest.partition(":")
        key = selector.partition(":")[0]
        self._needs.secrets.setdefault(f"{self._id}/{name}", set()).update({key} if key else ())
        return f"secretsmanager:{self._id}/{name}{colon}{selector}"

    def _existing(self, name: str, service: Json) -> None:
        """Take out what exists beside the stack and inside its network."""
        volumes = service.get("volumes", {})
        for volume in [each for each, config in volumes.items() if str(config.get("efs")).startswith("fs-")]:
            del volumes[volume]
            self._changed[f"service {name} has no volume {volume}: a file system needs mount targets in the VPC"] = None
        if isinstance(service.get("queue"), dict) and service["queue"].pop("subscribe", None):
            self._changed[f"service {name} subscribes to no topic: a run creates none"] = None
        if service.pop("security_groups", None):
            self._changed[f"service {name} has no other security groups: they have to be in the VPC"] = None
        if service.get("logs", {}).get("driver") == "firelens":
            service["logs"] = {"driver": "firelens", "options": {"Name": "null"}}
            self._changed[f"the log router of service {name} sends nothing: a run has no receiver"] = None
        egress = service.get("egress")
        if isinstance(egress, list) and any("security_group" in rule for rule in egress):
            service["egress"] = [rule for rule in egress if "security_group" not in rule]
            self._changed[f"service {name} has no rule to another security group: it has to be in the VPC"] = None

    @staticmethod
    def _has_domain(settings: Json) -> bool:
        return bool((settings.get("load_balancer", {}).get("https") or {}).get("domain"))

    def _domain(self, env: str, overrides: Json) -> None:
        if not self._account.zone:
            self._left_out[env] = "its certificate needs a public hosted zone; name one of the account with ZONE="
            return
        balancer = overrides.setdefault("load_balancer", {})
        domain = f"{self._id}-{env}.{self._account.zone}"
        balancer["https"] = {"domain": domain, "hosted_zone": self._account.zone}


def _without_placeholders(text: str) -> str:
    """A text that is the same in every environment."""
    return text.replace("{env}", "env").replace("{project_id}", "project")


def bucket_of(project_id: str, account_id: str) -> str:
    """The bucket of a run for environment files."""
    return f"{project_id}-config-{account_id}"


def _has_own_vpc(file: Path) -> bool:
    """Whether a spec can be deployed to any account: what is in an existing VPC needs that VPC."""
    return "vpc_id" not in yaml.safe_load(file.read_text(encoding="utf-8")).get("network", {})


def selected(names: list[str]) -> Iterator[Path]:
    """The specs with these names: names of `tests/specs`, or paths of other project files.

    By default all that create their VPC.
    """
    if not names:
        yield from filter(_has_own_vpc, sorted(SPECS.glob("*.yaml")))
    for name in names:
        yield Path(name) if name.endswith(".yaml") else SPECS / f"{name}.yaml"
