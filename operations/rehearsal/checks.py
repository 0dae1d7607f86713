"""Checks whether the account matches the project file, through AWS's API.

Terraform reports what it sent; these checks read what AWS has. They take names from `stacks.naming` and expected values
from the project's models, and don't use the generated Terraform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from operations.deploy.families import family_of
from operations.rehearsal.check import Check
from operations.rehearsal.container_checks import container_checks
from operations.rehearsal.permissions import listed, other_policies, statements_of
from operations.rehearsal.queue_checks import subscription_checks
from operations.rehearsal.resource_checks import resource_checks
from operations.rehearsal.store_checks import secret_variables, store_checks
from operations.rehearsal.use_checks import use_checks
from stacks.grants import DECRYPT
from stacks.naming import Names
from stacks.project.models import Topic, written
from stacks.project.targets import serves_http, targets_of, tcp_target_of
from stacks.references import partition_of

if TYPE_CHECKING:
    from stacks.project.models import Project, Service
    from stacks.project.targets import Target, TcpTarget

NO_IMAGES: Mapping[str, str] = {}
ECS_TASKS = "ecs-tasks.amazonaws.com"


class DeployedAccount:
    """The account that a project was deployed to, read through boto3.

    Args:
        project: One environment of a project.
        client: Returns the boto3 client of a service and a region.
        images: The images that were deployed, by service, where the project file does not name them.
    """

    def __init__(
        self, project: Project, client: Callable[[str, str], Any], images: Mapping[str, str] = NO_IMAGES
    ) -> None:
        self.project = project
        self._images = images
        self.names = Names(project.project_id, project.env)
        self._client = client
        self._clients: dict[str, Any] = {}

    def aws(self, service: str) -> Any:
        """The client of a service in the project's region."""
        if service not in self._clients:
            self._clients[service] = self._client(service, self.project.region)
        return self._clients[service]

    def checks(self) -> Iterator[Check]:
        """Every check of the project, in the order of the project file."""
        yield from self._cluster()
        yield from self._web_acl()
        for name, service in self.project.services.items():
            yield from self._roles(name, service)
            yield from self._keys(name, service) if service.kms_keys else ()
            yield self._log_group(name, service)
            yield from self._task(name, service)
            if service.type == "job":
                yield from self._schedule(name, service)
            else:
                yield from self._service(name, service)
            for target in targets_of(name, service):
                yield from self._target_group(target)
            if tcp := tcp_target_of(name, service):
                yield from self._tcp(tcp)
            if service.queue is not None:
                queue = self.names.queue(name, fifo=service.queue.fifo)
                sqs, sns = self.aws("sqs"), self.aws("sns")
                topics = self._own_topics()
                yield from subscription_checks(f"service `{name}`", service.queue, queue, sqs, sns, topics)
        if self.project.resources:
            yield from resource_checks(self.project, self.aws, self._account_id)
            yield from store_checks(self.project, self.aws)

    @cached_property
    def _account_id(self) -> str:
        account: str = self.aws("sts").get_caller_identity()["Account"]
        return account

    def _own_topics(self) -> dict[str, str]:
        """The ARNs of the topics of `resources`, by name."""
        topics = {name: each for name, each in self.project.resources.items() if isinstance(each, Topic)}
        if not topics:
            return {}
        start = f"arn:{partition_of(self.project.region)}:sns:{self.project.region}:{self._account_id}"
        return {name: f"{start}:{self.names.topic(name, fifo=each.fifo)}" for name, each in topics.items()}

    def _cluster(self) -> Iterator[Check]:
        answer = self.aws("ecs").describe_clusters(clusters=[self.names.cluster], include=["SETTINGS"])
        cluster = _first(answer["clusters"])
        settings = {setting["name"]: setting["value"] for setting in cluster.get("settings", [])}
        yield Check("cluster", "status", "ACTIVE", cluster.get("status"))
        yield Check("cluster", "container insights", self.project.cluster.insights, settings.get("containerInsights"))

    def _web_acl(self) -> Iterator[Check]:
        """What the web ACL does with requests from anonymous addresses and with large bodies."""
        config = self.project.load_balancer.waf
        if not config or not any(map(serves_http, self.project.services.values())):
            return
        acls = self.aws("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
        acl = _first([each for each in acls if each["Name"] == self.names.waf])
        found = self.aws("wafv2").get_web_acl(Scope="REGIONAL", Name=self.names.waf, Id=acl.get("Id", ""))["WebACL"]
        actions = web_acl_actions(found["Rules"])
        yield Check("web ACL", "action of anonymous_ips", config.anonymous_ips, actions[0])
        yield Check("web ACL", "action of body_size", config.body_size, actions[1])

    def _roles(self, name: str, service: Service) -> Iterator[Check]:
        subject = f"service `{name}`"
        iam = self.aws("iam")
        for use in ("execution", "task"):
            role_name = self.names.role(name, use)
            role = iam.get_role(RoleName=role_name)["Role"]
            statements = role["AssumeRolePolicyDocument"]["Statement"]
            trusted = [statement["Principal"].get("Service") for statement in statements]
            yield Check(subject, f"services that may assume the {use} role", [ECS_TASKS], trusted)
            boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
            yield Check(subject, f"permissions boundary of the {use} role", self.project.permissions_boundary, boundary)
        arns = other_policies(iam, self.names.role(name, "task"))
        if self.project.terraform is not None:  # which may attach others
            arns = [arn for arn in arns if arn in service.permissions.managed_policies]
        yield Check(subject, "managed policies of the task role", sorted(service.permissions.managed_policies), arns)
        for use, given in (
            ("task", service.permissions.statements),
            ("execution", service.permissions.execution_statements),
        ):
            expected = sorted({action for statement in given for action in statement.actions})
            granted = {
                action for each in statements_of(iam, self.names.role(name, use)) for action in listed(each["Action"])
            }
            found = [action for action in expected if action in granted]
            yield Check(subject, f"permissions of the {use} role", expected, found)

    def _keys(self, name: str, service: Service) -> Iterator[Check]:
        """The keys that the execution role may decrypt with, and the services through which it may."""
        found = [each for each in statements_of(self.aws("iam"), self.names.role(name, "execution")) if _decrypts(each)]
        keys = sorted(key for each in found for key in listed(each["Resource"]))
        yield Check(f"service `{name}`", "keys of the execution role", sorted(service.kms_keys), keys)

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
            yield from use_checks(self.project, name, service, self.aws("iam"), self._account_id, own)
        for sidecar, spec in service.sidecars.items():
            yield from container_checks(f"sidecar `{sidecar}` of {subject}", spec, containers.get(sidecar, {}))

    def _groups(self, name: str, service: Service, groups: list[str]) -> Iterator[Check]:
        """The security group of the tasks, and those that the project file adds."""
        subject, expected = f"service `{name}`", self.names.task_security_group(name)
        given = written(service.security_groups)
        others = [group for group in groups if group not in given]
        names = self._group_names(others)
        if len(given) < len(service.security_groups):  # the rest is known only to the user's own Terraform
            count = len(service.security_groups) + 1
            yield Check(subject, "security groups", count, len(groups))
            names = [each for each in names if each == expected]
        yield Check(subject, "security group", [expected], names)
        if given:
            further = [group for group in groups if group in given]
            yield Check(subject, "further security groups", sorted(given), sorted(further))

    def _service(self, name: str, service: Service) -> Iterator[Check]:
        subject = f"service `{name}`"
        ecs, arn = self.aws("ecs"), self.names.service(name)
        running = _first(ecs.describe_services(cluster=self.names.cluster, services=[arn])["services"])
        yield Check(subject, "status", "ACTIVE", running.get("status"))
        yield Check(subject, "desired count", service.desired_count, running.get("desiredCount"))
        family = running.get("taskDefinition", "").rpartition("/")[2].rpartition(":")[0]
        yield Check(subject, "task definition", self.names.task_definition(name), family)
        network = running.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        public_ip = "ENABLED" if service.placement == "public" else "DISABLED"
        yield Check(subject, "public IP", public_ip, network.get("assignPublicIp"))
        yield from self._groups(name, service, network.get("securityGroups") or [])
        yield from self._reached(name, service, running)
        given = self.project.network.public_subnet_ids if service.placement == "public" else None
        given = given or self.project.network.private_subnet_ids
        if given:
            expected = sorted(given)
            yield Check(subject, "subnets", expected, sorted(network.get("subnets", [])))
        if service.scaling:
            yield from self._scaling(name, service)

    def _reached(self, name: str, service: Service, running: Mapping[str, Any]) -> Iterator[Check]:
        """Which containers the load balancers reach, where it is not only the service's own."""
        if service.target_container is None and not service.http.also:
            return
        tcp = tcp_target_of(name, service)
        targets = (*targets_of(name, service), *((tcp,) if tcp else ()))
        expected = [(target.container, target.port) for target in targets]
        found = [(each.get("containerName"), each.get("containerPort")) for each in running.get("loadBalancers", [])]
        what = "container and port that the load balancer reaches"
        yield Check(f"service `{name}`", what, sorted(expected), sorted(found))

    def _group_names(self, ids: list[str]) -> list[str]:
        if not ids:
            return []
        groups = self.aws("ec2").describe_security_groups(GroupIds=ids)["SecurityGroups"]
        return [group["GroupName"] for group in groups]

    def _scaling(self, name: str, service: Service) -> Iterator[Check]:
        assert service.scaling is not None
        resource = f"service/{self.names.cluster}/{self.names.service(name)}"
        answer = self.aws("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[resource]
        )
        target = _first(answer["ScalableTargets"])
        bounds = (target.get("MinCapacity"), target.get("MaxCapacity"))
        expected = (service.scaling.min, service.scaling.max)
        yield Check(f"service `{name}`", "minimum and maximum task count", expected, bounds)

    def _schedule(self, name: str, service: Service) -> Iterator[Check]:
        schedule = self.aws("scheduler").get_schedule(Name=self.names.schedule(name))
        expected = (service.schedule, service.timezone)
        found = (schedule["ScheduleExpression"], schedule.get("ScheduleExpressionTimezone"))
        yield Check(f"job `{name}`", "schedule and time zone", expected, found)
        task = family_of(schedule["Target"]["EcsParameters"]["TaskDefinitionArn"])
        yield Check(f"job `{name}`", "task definition", self.names.task_definition(name), task)

    def _target_group(self, target: Target) -> Iterator[Check]:
        subject = f"service `{target.service}`"
        if target.further:
            subject = f"port {target.port} of {subject}"
        elb, routing, health = self.aws("elbv2"), target.routing, target.check
        group = elb.describe_target_groups(Names=[target.name(self.names)])["TargetGroups"][0]
        yield Check(subject, "port of the target group", target.port, group["Port"])
        checked = str(target.checked_port or "traffic-port")
        yield Check(subject, "health check port", checked, group.get("HealthCheckPort"))
        yield Check(subject, "health check path", health.path, group.get("HealthCheckPath"))
        codes = group.get("Matcher", {})
        yield Check(subject, "health check matcher", target.matcher, codes.get("HttpCode") or codes.get("GrpcCode"))
        timing = (group.get("HealthCheckIntervalSeconds"), group.get("HealthCheckTimeoutSeconds"))
        yield Check(subject, "health check interval and timeout", (health.interval, health.timeout), timing)
        rules = list(self._rules(group["TargetGroupArn"]))
        yield Check(subject, "hosts of the listener rules", set(routing.hosts), condition_values(rules, "host-header"))
        paths = set() if routing.hosts and routing.paths == ("/*",) else set(routing.paths)
        yield Check(subject, "paths of the listener rules", paths, condition_values(rules, "path-pattern"))
        if auth := target.config.http.auth:
            first = f"authenticate-{'cognito' if auth.cognito else 'oidc'}"
            types = {rule["Actions"][0]["Type"] for rule in rules}
            yield Check(subject, "first action of the listener rules", {first}, types)
        if routing.priority:
            priorities = {rule["Priority"] for rule in rules}
            yield Check(subject, "priority of the listener rules", {str(routing.priority)}, priorities)

    def _tcp(self, target: TcpTarget) -> Iterator[Check]:
        subject, elb = f"service `{target.service}`", self.aws("elbv2")
        group = elb.describe_target_groups(Names=[target.name(self.names)])["TargetGroups"][0]
        yield Check(subject, "port and protocol of the target group", (target.port, "TCP"), _served(group))
        health = "HTTP" if target.checks_http else "TCP"
        yield Check(subject, "protocol of the health check", health, group.get("HealthCheckProtocol"))
        checked = str(target.checked_port or "traffic-port")
        yield Check(subject, "health check port", checked, group.get("HealthCheckPort"))
        attributes = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
        kept = next((each["Value"] for each in attributes if each["Key"] == "preserve_client_ip.enabled"), None)
        yield Check(subject, "client addresses preserved", "true", kept)
        balancer = elb.describe_load_balancers(Names=[self.names.network_load_balancer])["LoadBalancers"][0]
        listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        arn = group["TargetGroupArn"]
        own = [
            each for each in listeners if any(action.get("TargetGroupArn") == arn for action in each["DefaultActions"])
        ]
        expected = (target.listener, "TLS" if target.tls else "TCP")
        yield Check(subject, "port and protocol of the listener", expected, _served(_first(own)))

    def _rules(self, target_group: str) -> Iterator[dict[str, Any]]:
        """The listener rules that forward to a target group."""
        elb = self.aws("elbv2")
        if self.project.load_balancer.listener_arn:
            for rule in elb.describe_rules(ListenerArn=self.project.load_balancer.listener_arn)["Rules"]:
                if any(action.get("TargetGroupArn") == target_group for action in rule["Actions"]):
                    yield rule
            return
        for balancer in elb.describe_load_balancers(Names=[self.names.load_balancer])["LoadBalancers"]:
            for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
                for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                    if any(action.get("TargetGroupArn") == target_group for action in rule["Actions"]):
                        yield rule


def _served(each: Mapping[str, Any]) -> tuple[Any, Any]:
    return each.get("Port"), each.get("Protocol")


def _decrypts(statement: dict[str, Any]) -> bool:
    return statement.get("Sid") == DECRYPT and "kms:ViaService" in str(statement.get("Condition"))


def web_acl_actions(rules: list[dict[str, Any]]) -> tuple[str, str]:
    """`block` or `count` for the anonymous addresses and for the large bodies of a web ACL's rules."""
    by_name = {rule["Name"]: rule for rule in rules}
    anonymous = by_name["AWSManagedRulesAnonymousIpList"].get("OverrideAction", {})
    common = by_name["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    overrides = {each["Name"]: [*each["ActionToUse"]] for each in common.get("RuleActionOverrides", [])}
    counted = overrides.get("SizeRestrictions_BODY") == ["Count"]
    return "count" if "Count" in anonymous else "block", "count" if counted else "block"


def _first(found: list[dict[str, Any]]) -> dict[str, Any]:
    return found[0] if found else {}


def condition_values(rules: list[dict[str, Any]], field: str) -> set[str]:
    """The values of all conditions of the listener rules on `field`, such as `host-header`."""
    return {
        value
        for rule in rules
        for condition in rule["Conditions"]
        if condition["Field"] == field
        for value in condition.get("Values")
        or condition.get("PathPatternConfig", condition.get("HostHeaderConfig", {})).get("Values", [])
    }
