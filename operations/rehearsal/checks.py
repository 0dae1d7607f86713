"""Checks whether the account matches the project file, through AWS's API.

Terraform reports what it sent; these checks read what AWS has. They take names from `stacks.naming` and expected values
from the project's models, and don't use the generated Terraform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from operations.rehearsal.check import Check
from operations.rehearsal.container_checks import container_checks
from operations.rehearsal.deployed import Deployed, first
from operations.rehearsal.queue_checks import subscription_checks
from operations.rehearsal.resource_checks import resource_checks
from operations.rehearsal.role_checks import key_checks, role_checks
from operations.rehearsal.service_checks import schedule_checks, service_checks
from operations.rehearsal.store_checks import secret_variables, store_checks
from operations.rehearsal.target_checks import target_group_checks, tcp_checks
from operations.rehearsal.use_checks import use_checks
from stacks.project.models import Topic
from stacks.project.targets import serves_http, targets_of, tcp_target_of
from stacks.references import partition_of

if TYPE_CHECKING:
    from stacks.project.models import Project, Service

NO_IMAGES: Mapping[str, str] = {}


class DeployedAccount(Deployed):
    """The account that a project was deployed to, compared with the project file.

    Args:
        project: One environment of a project.
        client: Returns the boto3 client of a service and a region.
        images: The images that were deployed, by service, where the project file does not name them.
    """

    def __init__(
        self, project: Project, client: Callable[[str, str], Any], images: Mapping[str, str] = NO_IMAGES
    ) -> None:
        super().__init__(project, client)
        self._images = images

    def checks(self) -> Iterator[Check]:
        """Every check of the project, in the order of the project file."""
        yield from self._cluster()
        yield from self._web_acl()
        for name, service in self.project.services.items():
            yield from role_checks(self, name, service)
            yield from key_checks(self, name, service) if service.kms_keys else ()
            yield self._log_group(name, service)
            yield from self._task(name, service)
            if service.type == "job":
                yield from schedule_checks(self, name, service)
            else:
                yield from service_checks(self, name, service)
            for target in targets_of(name, service):
                yield from target_group_checks(self, target)
            if tcp := tcp_target_of(name, service):
                yield from tcp_checks(self, tcp)
            if service.queue is not None:
                queue = self.names.queue(name, fifo=service.queue.fifo)
                sqs, sns = self.aws("sqs"), self.aws("sns")
                topics = self._own_topics()
                yield from subscription_checks(f"service `{name}`", service.queue, queue, sqs, sns, topics)
        if self.project.resources:
            yield from resource_checks(self.project, self.aws, self.account_id)
            yield from store_checks(self.project, self.aws)

    def _own_topics(self) -> dict[str, str]:
        """The ARNs of the topics of `resources`, by name."""
        topics = {name: each for name, each in self.project.resources.items() if isinstance(each, Topic)}
        if not topics:
            return {}
        start = f"arn:{partition_of(self.project.region)}:sns:{self.project.region}:{self.account_id}"
        return {name: f"{start}:{self.names.topic(name, fifo=each.fifo)}" for name, each in topics.items()}

    def _cluster(self) -> Iterator[Check]:
        answer = self.aws("ecs").describe_clusters(clusters=[self.names.cluster], include=["SETTINGS"])
        cluster = first(answer["clusters"])
        settings = {setting["name"]: setting["value"] for setting in cluster.get("settings", [])}
        yield Check("cluster", "status", "ACTIVE", cluster.get("status"))
        yield Check("cluster", "container insights", self.project.cluster.insights, settings.get("containerInsights"))

    def _web_acl(self) -> Iterator[Check]:
        """What the web ACL does with requests from anonymous addresses and with large bodies."""
        config = self.project.load_balancer.waf
        if not config or not any(map(serves_http, self.project.services.values())):
            return
        acls = self.aws("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
        acl = first([each for each in acls if each["Name"] == self.names.waf])
        found = self.aws("wafv2").get_web_acl(Scope="REGIONAL", Name=self.names.waf, Id=acl.get("Id", ""))["WebACL"]
        actions = web_acl_actions(found["Rules"])
        yield Check("web ACL", "action of anonymous_ips", config.anonymous_ips, actions[0])
        yield Check("web ACL", "action of body_size", config.body_size, actions[1])

    def _log_group(self, name: str, service: Service) -> Check:
        expected = self.names.log_group(name)
        groups = self.aws("logs").describe_log_groups(logGroupNamePrefix=expected)["logGroups"]
        days = next((group.get("retentionInDays") for group in groups if group["logGroupName"] == expected), None)
        return Check(f"service `{name}`", "log retention in days", service.logs.retention_days, days)

    def _task(self, name: str, service: Service) -> Iterator[Check]:
        subject = f"service `{name}`"
        family = self.names.task_definition(name)
        task = self.aws("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
        size = (task.get("cpu"), task.get("memory"))
        yield Check(subject, "CPU units and MiB of memory", (str(service.cpu), str(service.memory)), size)
        architecture = task.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
        yield Check(subject, "architecture", service.architecture, architecture.lower())
        if service.task_definition_template:
            return  # the user defines the containers
        containers = {container["name"]: container for container in task["containerDefinitions"]}
        secrets = secret_variables(self.project, name)
        yield from container_checks(subject, service, containers.get(name, {}), self._images.get(name), secrets)
        if service.uses:
            own = containers.get(name, {})
            yield from use_checks(self.project, name, service, self.aws("iam"), self.account_id, own)
        for sidecar, spec in service.sidecars.items():
            yield from container_checks(f"sidecar `{sidecar}` of {subject}", spec, containers.get(sidecar, {}))


def web_acl_actions(rules: list[dict[str, Any]]) -> tuple[str, str]:
    """`block` or `count` for the anonymous addresses and for the large bodies of a web ACL's rules."""
    by_name = {rule["Name"]: rule for rule in rules}
    anonymous = by_name["AWSManagedRulesAnonymousIpList"].get("OverrideAction", {})
    common = by_name["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    overrides = {each["Name"]: [*each["ActionToUse"]] for each in common.get("RuleActionOverrides", [])}
    counted = overrides.get("SizeRestrictions_BODY") == ["Count"]
    return "count" if "Count" in anonymous else "block", "count" if counted else "block"
