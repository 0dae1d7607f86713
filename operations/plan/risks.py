"""What it costs to replace or destroy a resource: data that can't be brought back, or traffic that breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Risk:
    """`kind` is `data` for what no later deploy can bring back, `traffic` for what it can. `text` says what happens."""

    kind: Literal["data", "traffic"]
    text: str


_DATA = {
    "aws_cloudwatch_log_group": "its logs are lost",
    "aws_ecr_repository": "its images are lost",
    "aws_efs_file_system": "its files are lost",
    "aws_kms_key": "what it encrypted can't be read once its deletion period has passed",
    "aws_s3_bucket": "its objects are lost",
    "aws_sqs_queue": "the messages in it are lost",
}
_REPLACED = {
    "aws_acm_certificate": "HTTPS waits for the validation of the new one",
    "aws_ecs_cluster": "every service in it is made anew, with no task running meanwhile",
    "aws_ecs_service": "its tasks stop before the new ones start",
    "aws_efs_access_point": "tasks can't mount the volume meanwhile",
    "aws_efs_mount_target": "tasks can't mount the volume meanwhile",
    "aws_eip": "outgoing traffic gets another address; others may have allowed the old one",
    "aws_internet_gateway": "the network has no way in or out meanwhile",
    "aws_lb": "its DNS name changes and no request is answered meanwhile",
    "aws_lb_listener": "no request is answered meanwhile",
    "aws_lb_listener_rule": "requests go to the default action meanwhile",
    "aws_lb_target_group": "requests are not answered until the tasks are healthy in the new one",
    "aws_nat_gateway": "tasks can't reach the internet meanwhile",
    "aws_route53_record": "the name does not resolve meanwhile",
    "aws_service_discovery_http_namespace": "services can't find each other meanwhile",
    "aws_sns_topic": "its subscriptions have to be confirmed again",
    "aws_subnet": "everything in it is made anew",
    "aws_vpc": "everything in it is made anew",
}
_DESTROYED = {
    "aws_ecs_cluster": "nothing can run any more",
    "aws_ecs_service": "its tasks stop",
    "aws_eip": "the address is given back for good; others may have allowed it",
    "aws_lb": "its DNS name is gone for good",
    "aws_nat_gateway": "tasks lose their way to the internet",
    "aws_route53_record": "the name does not resolve any more",
}


def risk_of(kind: str, action: str) -> Risk | None:
    """What `action` costs on a resource of this Terraform type; None when it costs nothing."""
    if action not in ("replace", "destroy"):
        return None
    if kind in _DATA:
        return Risk("data", _DATA[kind])
    text = (_REPLACED if action == "replace" else _DESTROYED).get(kind)
    return None if text is None else Risk("traffic", text)
