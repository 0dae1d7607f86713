"""Random valid fields of a service's task: its containers, volumes, permissions and egress."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from stacks.project.rules.logs import RETENTION_DAYS
from stacks.project.rules.task import MEMORY_BY_CPU, ULIMITS
from tests.support import odd_values as odd
from tests.support.random_choices import Json, RandomChoices

TEMPLATE = "own.json.tpl"


class TaskGenerator(RandomChoices):
    """Generates the fields that every service can have."""

    def _container(self, name: str) -> Json:
        cpu = self._one(tuple(MEMORY_BY_CPU))
        readonly = self._often(0.3)
        sidecars = {key: self._sidecar() for key in self._some(odd.SIDECARS) if key != name}
        mixes = ({"on_demand_base": 100_000, "spot_weight": 1000}, {"on_demand_weight": 1}, {"spot_weight": 3})
        options = self._subset(
            0.35,
            image=lambda: self._one(odd.IMAGES),
            capacity=lambda: self._one(("on_demand", "spot", *mixes)),
            architecture=lambda: self._one(("x86_64", "arm64")),
            command=lambda: self._some(odd.TEXTS, 6),
            entrypoint=lambda: ["sh", "-c", self._one(odd.TEXTS)],
            working_directory=lambda: self._one(("/app", "/a b/${c}", "/")),
            user=lambda: self._one(("1000", "1000:1000", "node", 1000, "${u}")),
            environment=lambda: self._variables("E"),
            secrets=lambda: {f"S{n}": text for n, text in enumerate(self._some(odd.REFERENCES, 11))},
            env_files=lambda: [
                f"s3://my.bucket/{key}.env" for key in self._some(("a", "b/${{c}}", "d e", "%{{f}}", "{env}"))
            ],
            container_health_check=self._health,
            logs=lambda: {"driver": "awslogs", "retention_days": self._one(RETENTION_DAYS)},
            ephemeral_storage=lambda: self._number(21, 200),
            volumes=self._volumes,
            stop_timeout=lambda: self._number(2, 120),
            ulimits=lambda: {key: [self._number(0, 100), 1_048_576] for key in self._some(ULIMITS)},
            init_process=lambda: self._often(0.5),
            system_controls=lambda: {"net.core.somaxconn": 1024, "kernel.sem": self._one(("250 32000 32 128", "${x}"))},
            tmpfs=lambda: {path: self._number(1, 100) for path in self._some(("/run", "/b c/${d}", "/%{e}"))},
            security_groups=lambda: self._some(("sg-0a1b2c3d", "sg-0123456789abcdef0")),
            permissions=self._permissions,
            egress=self._egress,
            task_definition_template=lambda: TEMPLATE,
        )
        for one, other in pairwise(sorted(sidecars)):
            if self._often():
                sidecars[one]["depends_on"] = {other: self._condition(sidecars[other])}
        for sidecar in sidecars.values() if "volumes" in options else ():
            mounts = (f"/s/{self._number(0, 9)}/${{x}}", {"path": "/%{y}"}, {"path": "/z", "read_only": self._often()})
            volume = next(iter(options["volumes"]), None)
            sidecar |= {"volumes": {volume: self._one(mounts)}} if volume else {}
        waits = {key: self._condition(sidecar) for key, sidecar in sidecars.items() if self._often()}
        return {
            "cpu": cpu,
            "memory": self._one(MEMORY_BY_CPU[cpu]),
            **({"sidecars": sidecars} if sidecars else {}),
            **({"depends_on": waits} if waits else {}),
            **options,
            **({"readonly_root": True, "writable_paths": self._some(("/tmp", "/var/run", "/a b"))} if readonly else {}),
            **({"exec": True} if not readonly and self._often(0.3) else {}),
        }

    def _variables(self, start: str) -> Json:
        return {f"{start}_{n}": text for n, text in enumerate(self._some(odd.TEXTS, 20))} | self._subset(
            0.2, PORT=lambda: 80, _x=lambda: True, AWS_REGION=lambda: 1.50
        )

    def _health(self) -> Json:
        return {
            "command": self._one((["CMD-SHELL", self._one(odd.TEXTS[:8])], ["CMD", "curl", "-f", "${x}"])),
            **self._subset(
                interval=lambda: self._number(5, 300),
                timeout=lambda: self._number(2, 60),
                retries=lambda: self._number(1, 10),
                start_period=lambda: self._number(0, 300),
            ),
        }

    def _sidecar(self) -> Json:
        return {
            "image": self._one(odd.IMAGES),
            **({"port": self._port(), "protocol": self._one(("tcp", "udp"))} if self._often(0.2) else {}),
            **self._subset(
                0.4,
                cpu=lambda: self._number(0, 64),
                memory=lambda: self._number(6, 128),
                essential=self._often,
                environment=lambda: self._variables("V"),
                secrets=lambda: {"T": self._one(odd.REFERENCES)},
                command=lambda: self._some(odd.TEXTS),
                entrypoint=lambda: ["sh", "-c", self._one(odd.TEXTS)],
                user=lambda: self._one(("101", "101:101", 101, "${u}")),
                env_files=lambda: ["s3://my.bucket/{env}/${{c}}.env"],
                readonly_root=self._often,
                health_check=self._health,
            ),
        }

    def _condition(self, sidecar: Json) -> str:
        done = () if sidecar.get("essential", True) else ("COMPLETE", "SUCCESS")
        return str(self._one(("START", *done, *(("HEALTHY",) if "health_check" in sidecar else ()))))

    def _volumes(self) -> Json:
        existing = {"efs": self._one(("fs-0a1b2c3d", "fs-" + "0" * 40))}
        kinds = ({}, {"efs": "managed"}, {"efs": False}, existing, {**existing, "root_directory": "/a ${b}"})
        point = {**existing, "access_point": "fsap-0123456789abcdef0"}
        return {
            name: {"path": f"/mnt/{name}/${{x}}", **self._one((*kinds, point)), **self._subset(read_only=self._often)}
            for name in self._some(odd.VOLUMES)
        }

    def _permissions(self) -> Json:
        def statements() -> list[Json]:
            resources = ("*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:sqs:*:*:q%{x}")
            statement = {"actions": self._one((["s3:GetObject", "s3:Get*"], ["ses:SendEmail"]))}
            effect = self._subset(effect=lambda: self._one(("Allow", "Deny")))
            return [{**statement, "resources": self._some(resources) or ["*"], **effect} for _ in range(2)]

        policies = ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::123456789012:policy/x/y+z=@,.")
        return self._subset(
            statements=statements, execution_statements=statements, managed_policies=lambda: self._some(policies)
        )

    def _egress(self) -> Any:
        rules = [{"port": 443}, {"port": 5432, "cidr": "10.0.0.0/16"}, {"port": 6379, "security_group": "sg-0a1b2c3d"}]
        return self._one(("open", [], rules, rules[:1]))
