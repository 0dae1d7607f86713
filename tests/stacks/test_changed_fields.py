"""tests/e2e/changes has projects before and after a change of every field that Terraform updates in place.

tests/e2e/test_actions.py deploys the change and records the calls of the updates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.stacks.test_every_field import FIELDS, written
from tests.support.changes import PAIRS, changed_project

REVISION = "is part of the task definition, of which every change is a new revision"
REPLACED = "replaces resources"
ADDED = "adds or removes resources, as the first deploy and the destroy do"
NO_RESOURCE = "selects a stack, its account or its state"
NOT_CHANGED: Mapping[str, str] = {
    r"region|network\.(cidr|vpc_id|.*_subnets|.*_subnet_ids)|load_balancer\.internal": REPLACED,
    r"load_balancer\.access_logs|services\.NAME\.(type|volumes)|services\.NAME\.deployment\.image_owner": ADDED,
    r"services\.NAME\.volumes\.NAME\.(efs|path|access_point|root_directory|read_only)": REVISION,
    r"services\.NAME\.(architecture|command|entrypoint|working_directory|user|readonly_root|writable_paths)": REVISION,
    r"services\.NAME\.(environment|ephemeral_storage|image_credentials|depends_on|stop_timeout|ulimits)": REVISION,
    r"services\.NAME\.(task_definition_template|init_process|logs\.(driver|.*options|router|config_file))": REVISION,
    r"services\.NAME\.(container_health_check|sidecars|tmpfs|system_controls)(\..*)?": REVISION,
    r"load_balancer\.https\.(certificate_arn|domain)": "is a list with one item",
    r"load_balancer\.(arn|listener_arn|security_group)": "is about the load balancer of somebody else",
    r"services\.NAME\.http\.auth(\..*)?": "needs HTTPS on every listener, which after.yaml turns off",
    r"services\.NAME\.(queue\.(fifo|subscribe\[\]\.topic)|http\.(also\[\]\.)?protocol|target_container)": REPLACED,
    r"services\.NAME\.deployment\.strategy|layout": "has no other supported value",
    r"services\.NAME\.(build(\..*)?|repository)|registry(\..*)?": "is about the stack of the image repositories",
    r"ci(\..*)?": "is about pipelines",
    r"terraform|services\.NAME\..*\.terraform": "is about Terraform of the user: tests/e2e/test_own_terraform.py",
    r"services\.NAME\.deployment\.(before|after)(\[\].*)?": "is about tasks that ecsforge runs",
    r"resources\.NAME\.(type|key|sort_key|fifo)": REPLACED,
    r"services\.NAME\.uses\.NAME\.(arn|database|host|name|password|port|secret_arn|url|username)": REVISION,
    r"state(\..*)?|account_id|assume_role|project_id|environments": NO_RESOURCE,
    r"protected": "changes what load_balancer.deletion_protection does, and keeps a destroy from running",
}
"""The fields that the files do not change, as regular expressions, each with the reason."""


def test_every_field_that_is_updated_in_place_changes() -> None:
    pairs = [(changed_project(before), changed_project(after)) for before, after in PAIRS]
    same = {name for name in FIELDS if all(dict(written(a, name)) == dict(written(b, name)) for a, b in pairs)}
    expected = {name for name in FIELDS if any(re.fullmatch(pattern, name) for pattern in NOT_CHANGED)}

    assert same == expected
