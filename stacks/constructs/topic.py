"""SNS topics of `resources`."""

from __future__ import annotations

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy, tls_only
from stacks.naming import identifier
from stacks.project.models import Topic as TopicConfig
from stacks.references import TOPIC_KEY


class Topic(Construct):
    """An encrypted topic that only accepts messages over TLS, from principals of the account that IAM allows it.

    Attributes:
        arn: The topic's ARN.
        properties: What `uses` and references from other Terraform offer, as Terraform expressions.
    """

    def __init__(self, scope: Scope, id: str, environment: Environment, name: str, config: TopicConfig) -> None:
        super().__init__(scope, id)
        topic_name = environment.names.topic(name, fifo=config.fifo)
        topic = self.make(
            aws.sns_topic.SnsTopic,
            identifier(name),
            name=topic_name,
            fifo_topic=config.fifo or None,
            kms_master_key_id=environment.key_arn or TOPIC_KEY,
            tags={"Name": topic_name},
        )
        self.arn: str = topic.arn
        self.properties = {"name": str(topic.name), "arn": self.arn}
        self.make(
            aws.sns_topic_policy.SnsTopicPolicy,
            identifier(name),
            arn=self.arn,
            policy=policy([tls_only("sns:Publish", [self.arn])]),
        )
