"""What others own and the project file names, as ARNs: a role may use it, and neither change nor delete it.

Sources: the Service Authorization Reference, "Actions defined by" Elastic Load Balancing V2, SNS and Secrets Manager;
Elastic Load Balancing User Guide, "API permissions to tag resources during creation".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from operations.ci.names import Account
from stacks.grants import Grant
from stacks.project.models import Project, Service
from stacks.project.models.auth import Oidc
from stacks.project.targets import serves_http
from stacks.references import secret_reference

_ON_RULES = [f"elasticloadbalancing:{each}" for each in ("AddTags", "DeleteRule", "ModifyRule", "RemoveTags")]
_ON_RULES += ["elasticloadbalancing:SetRulePriorities"]
"""The actions that change or delete a listener rule."""
_ON_TOPICS = frozenset(("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:Subscribe"))


@dataclass(frozen=True)
class OfOthers:
    """The resources of others that an environment uses.

    Attributes:
        project: The project, resolved for the environment.
        account: The account and region.
    """

    project: Project
    account: Account

    def resources(self, action: str) -> Iterator[str]:
        """The ARNs on which an action is needed."""
        if action in _ON_TOPICS:
            yield from self.topics
        elif action == "secretsmanager:GetSecretValue":
            yield from self.client_secrets
        elif action == "elasticloadbalancing:CreateRule" and self._listener is not None:
            yield self._listener

    def grants(self, *, writes: bool) -> Iterator[Grant]:
        """What a role needs besides the actions of types: to read encrypted client secrets, and `writes` to change its
        own rules of the existing load balancer.

        A rule gets its tags when it is created; those of others, with or without tags, stay out of reach.
        """
        if self.keys:
            via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{self.project.region}.amazonaws.com"}}
            yield Grant("DecryptClientSecrets", ["kms:Decrypt"], self.keys, via)
        if writes and self._listener is not None:
            rules = [self._listener.replace(":listener/", ":listener-rule/") + "/*"]
            own = {"Project": self.project.project_id, "Environment": self.project.env}
            tags = {f"aws:ResourceTag/{key}": value for key, value in own.items()}
            created = {"elasticloadbalancing:CreateAction": "CreateRule"}
            yield Grant("OwnRules", _ON_RULES, rules, {"StringEquals": tags})
            yield Grant("NewRules", ["elasticloadbalancing:AddTags"], rules, {"StringEquals": created})

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of others that queues subscribe to."""
        queues = (service.queue for service in self.project.services.values() if service.queue)
        return tuple(dict.fromkeys(topic for queue in queues for topic in queue.existing_topics))

    @property
    def client_secrets(self) -> tuple[str, ...]:
        """The secrets with the client secrets of identity providers, which Terraform reads."""
        texts = (oidc.client_secret for _, oidc in self._with_oidc)
        return tuple(dict.fromkeys(secret_reference(text).readable(self.account.arn) for text in texts))

    @property
    def keys(self) -> tuple[str, ...]:
        """The `kms_keys` of the services with such a client secret, which may be encrypted with one of them."""
        return tuple(sorted({key for service, _ in self._with_oidc for key in service.kms_keys}))

    @property
    def user_pools(self) -> tuple[str, ...]:
        """The user pools of Cognito that sign users in."""
        given = (service.http.auth for service in self.project.services.values() if serves_http(service))
        return tuple(dict.fromkeys(each.cognito.user_pool_arn for each in given if each and each.cognito))

    @property
    def _with_oidc(self) -> Iterator[tuple[Service, Oidc]]:
        """The services whose users sign in with OpenID Connect."""
        for service in self.project.services.values():
            if serves_http(service) and service.http.auth and service.http.auth.oidc:
                yield service, service.http.auth.oidc

    @property
    def _listener(self) -> str | None:
        """The listener of the existing load balancer."""
        return self.project.load_balancer.listener_arn
