"""Random valid resources, what services use of them, and Terraform of the project's own."""

from __future__ import annotations

from pathlib import Path

from tests.support.random_choices import Json, RandomChoices

FOLDER = "own/"
OWN = """\
resource "aws_security_group" "own" {
  name   = "${local.ecsforge.project_id}-own"
  vpc_id = local.ecsforge.vpc_id
}

resource "aws_ssm_parameter" "own" {
  for_each = toset(["a"])

  name  = "/${local.ecsforge.env}/own"
  type  = "SecureString"
  value = "x"
}
"""
PARAMETER = 'aws_ssm_parameter.own["a"]'
NAMES = ("db", "sql", "store", "files", "rows", "news", "keys", "r" * 20, "x-------------------", "resource")
FIELDS = {
    **dict.fromkeys(("postgres", "mysql"), ("url", "host", "port", "username", "password", "database", "secret_arn")),
    "valkey": ("url", "host", "port"),
    "bucket": ("name",),
    "table": ("name",),
    "topic": ("arn",),
}
"""What a service can use of each type."""


def write_own_terraform(folder: Path) -> None:
    """Write the folder that the field `terraform` names."""
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / "main.tf").write_text(OWN, "utf-8")


class ResourceGenerator(RandomChoices):
    """Generates `resources`, `uses` and `terraform`."""

    def with_resources(self, content: Json) -> Json:
        """The project with resources and what its services use of them. Tasks without NAT reach not all of them."""
        if self._often(0.4):
            return content
        free = [name for name in NAMES if name not in content["services"]]
        resources = {name: self._resource() for name in self._some(free, 4)}
        if content.get("network", {}).get("nat") != "none":
            queues = {name: {"url"} for name, service in content["services"].items() if "queue" in service}
            for name, service in content["services"].items():
                others = {each: fields for each, fields in queues.items() if each != name}
                service["uses"] = self._uses({**resources, **others})
        return {**content, "resources": resources}

    def with_own_terraform(self, content: Json) -> Json:
        """The project with Terraform of its own, and services with its values."""
        if self._often(0.6):
            return content
        group = {"terraform": "aws_security_group.own.id"}
        for service in content["services"].values():
            service["environment"] = {
                **service.get("environment", {}),
                "OWN": {"terraform": f"upper({PARAMETER}.name)"},
            }
            service["secrets"] = {**service.get("secrets", {}), "OWN_SECRET": {"terraform": f"{PARAMETER}.arn"}}
            if isinstance(service.get("egress"), list):
                service["egress"] = [*service["egress"], {"port": 5432, "security_group": group}]
            if len(service.get("security_groups", ())) < 3:
                service["security_groups"] = [*service.get("security_groups", ()), group]
        return {**content, "terraform": FOLDER}

    def _resource(self) -> Json:
        kind = self._one(("postgres", "mysql", "valkey", "bucket", "table", "topic"))
        if kind in ("postgres", "mysql"):
            return self._database(kind)
        fields: Json = {
            "valkey": {"node": lambda: self._one(("cache.t4g.micro", "cache.m7g.large")), "replicas": self._replicas},
            "bucket": {"versioned": self._often, "expire_days": lambda: self._number(1, 3650), "cors": self._cors},
            "table": {"sort_key": lambda: {"at": self._one(("S", "N", "B"))}, "ttl": lambda: "expires_at"},
            "topic": {"fifo": self._often},
        }
        key = {"key": {"id": self._one(("S", "N", "B"))}} if kind == "table" else {}
        return {"type": kind, **key, **self._subset(**fields[kind])}

    def _database(self, kind: str) -> Json:
        shared = self._subset(
            backup_days=lambda: self._number(1, 35),
            final_snapshot=self._often,
            password_version=lambda: self._number(1, 1000),
            version=lambda: "16" if kind == "postgres" else "8.0",
        )
        if self._often():
            return {"type": kind, "capacity": {"max": self._one((4, 12.5, 128)), "min": self._one((0.5, 4))}, **shared}
        instance = self._subset(storage=lambda: self._number(20, 65_536), multi_az=self._often)
        return {"type": kind, "instance": self._one(("db.t4g.micro", "db.r7g.16xlarge")), **instance, **shared}

    def _replicas(self) -> int:
        return self._number(0, 5)

    def _cors(self) -> list[object]:
        rule = self._subset(
            methods=lambda: ["GET", "PUT"],
            headers=lambda: ["*"],
            expose_headers=lambda: ["ETag"],
            max_age=lambda: self._number(0, 86_400),
        )
        return ["https://app.example.com", {"origins": ["https://*.example.com"], **rule}]

    def _uses(self, available: Json) -> Json:
        """Some of the available resources and queues, with a variable of its own for each field."""
        uses: Json = {}
        for number, name in enumerate(self._some([*available], 4)):
            resource = available[name]
            kind = resource["type"] if isinstance(resource, dict) else ""
            fields = [field for field in FIELDS.get(kind, ("url",)) if self._often(0.7)]
            access = {"access": self._one(("read", "write", "read_write"))} if kind in ("bucket", "table") else {}
            uses[name] = {field: f"USE_{number}_{field.upper()}" for field in fields} | access
        return uses
