"""What others own and the project file names, as ARNs: a role may use it, and neither change nor delete it.

Source: the Service Authorization Reference, "Actions defined by" Elastic Load Balancing V2, SNS and Secrets Manager.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from operations.ci.names import Account
from stacks.project.models import Project
from stacks.project.targets import serves_http
from stacks.references import secret_reference

ON_RULES = ("DeleteRule", "ModifyRule", "RemoveTags", "SetRulePriorities")
"""The operations of ELB that change or delete a listener rule."""
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
        prefix, _, operation = action.partition(":")
        if action in _ON_TOPICS:
            yield from self.topics
        elif action == "secretsmanager:GetSecretValue":
            yield from self.client_secrets
        elif prefix == "elasticloadbalancing" and self._listener is not None:
            if operation == "CreateRule":
                yield self._listener
            if operation in ("AddTags", *ON_RULES):
                yield from self.rules

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of others that queues subscribe to."""
        queues = (service.queue for service in self.project.services.values() if service.queue)
        return tuple(dict.fromkeys(topic for queue in queues for topic in queue.existing_topics))

    @property
    def client_secrets(self) -> tuple[str, ...]:
        """The secrets with the client secrets of identity providers, which Terraform reads."""
        given = (service.http.auth for service in self.project.services.values() if serves_http(service))
        texts = [each.oidc.client_secret for each in given if each and each.oidc]
        return tuple(dict.fromkeys(secret_reference(text).readable(self.account.arn) for text in texts))

    @property
    def user_pools(self) -> tuple[str, ...]:
        """The user pools of Cognito that sign users in."""
        given = (service.http.auth for service in self.project.services.values() if serves_http(service))
        return tuple(dict.fromkeys(each.cognito.user_pool_arn for each in given if each and each.cognito))

    @property
    def _listener(self) -> str | None:
        """The listener of the existing load balancer."""
        return self.project.load_balancer.listener_arn

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules of the existing load balancer's listener."""
        return (self._listener.replace(":listener/", ":listener-rule/") + "/*",) if self._listener else ()
