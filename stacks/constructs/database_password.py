"""The password of a database: made by Terraform, kept in Secrets Manager, and in no plan, state or file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.naming import identifier

LENGTH = 32
"""Letters and digits, which need no escape in a URL. RDS for MySQL allows at most 41 characters."""
RECOVERY_DAYS = 30
SECRET_VERSION = "aws_secretsmanager_secret_version"  # noqa: S105 - the name of a type


class Secret(Construct):
    """A secret with one value, which Terraform writes without keeping it.

    The value is a write-only argument: Terraform writes it again when `version` is another number, and then the secret
    has a new version ID.

    Attributes:
        arn: Its ARN.
        address: The address of its value, `aws_secretsmanager_secret_version.db_password`.
        version_id: The expression of the ID of its value, without `${}`.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        logical_id: str,
        *,
        name: str,
        description: str,
        value: str,
        version: int | str,
        comment: str,
    ) -> None:
        super().__init__(scope, f"{logical_id}_secret")
        secret = self.make(
            aws.secretsmanager_secret.SecretsmanagerSecret,
            logical_id,
            name=name,
            description=description,
            kms_key_id=environment.key_arn,
            recovery_window_in_days=RECOVERY_DAYS if environment.protected else 0,
            tags={"Name": name},
        )
        self.arn: str = secret.arn
        written = self.make(
            aws.secretsmanager_secret_version.SecretsmanagerSecretVersion,
            logical_id,
            comment=comment,
            secret_id=secret.id,
            secret_string_wo=value,
        )
        # Past the bindings, which take a number and no expression for one.
        written.add_override("secret_string_wo_version", version)
        self.address = f"{SECRET_VERSION}.{logical_id}"
        self.version_id = f"{self.address}.version_id"


class Password(Construct):
    """The password of one database.

    Terraform makes it, writes it to a secret and reads it back for the database, by the ID of the secret's version.
    The versions of everything that is written with the password are numbers made of that ID: they change whenever the
    password does, by a rotation, a replacement or a deletion by hand. After an apply that stopped in the middle, the
    next one writes the missing ones. With fixed numbers, Terraform would see no difference between two passwords.

    Attributes:
        value: The expression of the password, without `${}`; only for write-only arguments.
        version: The number of the password, as a Terraform expression.
    """

    def __init__(self, scope: Scope, environment: Environment, name: str, *, rotation: int) -> None:
        super().__init__(scope, "password")
        id = f"{identifier(name)}_password"
        made = self.make_ephemeral(
            "aws_secretsmanager_random_password",
            id,
            comment="A new password in every run; the secret keeps the one of its last write.",
            password_length=LENGTH,
            exclude_punctuation=True,
        )
        self._secret = Secret(
            self,
            environment,
            id,
            name=environment.names.secret(name, "password"),
            description=f"Password of {name} in {environment.names.stack}",
            value=f"${{{made}.random_password}}",
            version=rotation,
            comment="Another version writes another password: `password_version` in the project file.",
        )
        read = self.make_ephemeral(
            SECRET_VERSION,
            id,
            comment="Read again, so that the database has the password that the secret has.",
            secret_id=f"${{{self._secret.address}.secret_id}}",
            version_id=f"${{{self._secret.version_id}}}",
        )
        self.value = f"{read}.secret_string"
        self.version = number_of(self._secret.version_id)

    def connection(self, environment: Environment, name: str, fields: Mapping[str, str], endpoint: str) -> Secret:
        """The secret with everything that a client needs.

        Args:
            environment: The environment.
            name: The name of the database in the project file.
            fields: The expressions of its fields by name, without `${}`.
            endpoint: The expression of the host name, without `${}`; with another one the secret is written again.
        """
        content = ", ".join(f'"{field}" = {expression}' for field, expression in fields.items())
        return Secret(
            self,
            environment,
            f"{identifier(name)}_connection",
            name=environment.names.secret(name, "connection"),
            description=f"Connection to {name} in {environment.names.stack}",
            value=f"${{jsonencode({{{content}}})}}",
            version=number_of(f'"${{{self._secret.version_id}}} ${{{endpoint}}}"'),
            comment="Written again with another password, or another host.",
        )


def number_of(expression: str) -> str:
    """A whole number below 2^32 that differs when the text of a Terraform expression does."""
    return f"${{parseint(substr(sha256({expression}), 0, 8), 16)}}"


def write_only(resource: Any, argument: str, password: Password) -> None:
    """Give a resource the password as a write-only argument, with the version that makes Terraform write it again."""
    resource.add_override(argument, f"${{{password.value}}}")
    resource.add_override(f"{argument}_version", password.version)
