"""What the execution role of a service may do, as a deploy creates it.

The role does not have to exist: its statements are computed from the project file, as synthesis does. Policies of an
organization are not evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from operations.checks.target import Target
from operations.clients import Requests
from operations.iam import Decision, Policies, Policy, Principal, Request, decide, parse
from stacks.errors import AwsError
from stacks.grants import execution_grants
from stacks.literal import evaluated
from stacks.role_policies import needs_repository
from stacks.shared_registry import SharedRegistry

NO_POLICY = "NoSuchEntity"


@dataclass(frozen=True)
class ExecutionRole:
    """The execution role of one service.

    Attributes:
        target: The environment.
        service: The service.
        boundary: The permissions boundary; None without one.
    """

    target: Target
    service: str
    boundary: Policy | None = None

    @property
    def arn(self) -> str:
        """The ARN of the role."""
        return self.target.arn("iam", f"role/{self.name}", region="")

    @property
    def name(self) -> str:
        """The name of the role."""
        return self.target.names.role(self.service, "execution")

    @cached_property
    def policy(self) -> Policy:
        """Its statements."""
        target, config = self.target, self.target.project.services[self.service]
        names = target.names
        repository = None
        if config.has_shared_repository:
            repository = SharedRegistry.of(target.project).repository_arn(target, self.service)
        elif needs_repository(config):
            repository = target.arn("ecr", f"repository/{names.repository(self.service)}")
        log_group = target.arn("logs", f"log-group:{names.log_group(self.service)}")
        grants = execution_grants(target, config, log_group_arn=log_group, repository_arn=repository)
        statements = json.loads(evaluated(json.dumps([grant.rendered() for grant in grants])))
        return parse({"Version": "2012-10-17", "Statement": statements}, self.name)

    def may(
        self, action: str, resource: str, *, policy: Policy | None = None, context: Mapping[str, str] | None = None
    ) -> Decision:
        """Whether the role may do this; `policy` is that of the resource."""
        request = Request(Principal("AWS", self.arn, session="ecs"), action, resource, context or {})
        return decide(Policies((self.policy,), policy, self.boundary), request)


def boundary_of(target: Target, requests: Requests) -> Policy | None:
    """The permissions boundary of the project's roles; None without one.

    Raises:
        AwsError: It does not exist, or AWS refused a request.
    """
    arn = target.project.permissions_boundary
    if arn is None:
        return None
    try:
        version = requests.call("iam", "get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
    except AwsError as error:
        if NO_POLICY not in error.codes:
            raise
        fix = "create the policy, or correct its ARN"
        where, what = "permissions_boundary", "the policy does not exist"
        raise AwsError.of(where, what, got=arn, fix=fix, code=NO_POLICY) from error
    found = requests.call("iam", "get_policy_version", PolicyArn=arn, VersionId=version)
    return parse(found["PolicyVersion"]["Document"], arn.rpartition("/")[2])


def reason(decision: Decision) -> str:
    """Why a request is denied, in a few words."""
    if decision.statement is None or decision.policy is None:
        return "no policy allows it"
    name = decision.policy.name
    sid = f" {decision.statement.sid}" if decision.statement.sid else ""
    return f"statement{sid} of {name} denies it"
