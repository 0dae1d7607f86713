"""Patches moto's Application Auto Scaling: tags, and updates of policies."""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse


def patch() -> None:
    FakeScalableTarget.tags = None
    ApplicationAutoScalingResponse.list_tags_for_resource = list_tags_for_resource
    ApplicationAutoScalingResponse.tag_resource = tag_resource
    ApplicationAutoScalingResponse.untag_resource = untag_resource
    _tag_on_registration()
    _replace_policies()


def _target(response: Any) -> Any:
    arn = response._get_param("ResourceARN")
    targets = response.applicationautoscaling_backend.targets.values()
    return next(target for of_dimension in targets for target in of_dimension.values() if target.arn == arn)


def list_tags_for_resource(self: Any) -> str:
    """ListTagsForResource returns the tags of a scalable target; Terraform calls it after each registration."""
    return json.dumps({"Tags": _target(self).tags or {}})


def tag_resource(self: Any) -> str:
    """TagResource adds to the tags of a scalable target."""
    target = _target(self)
    target.tags = {**(target.tags or {}), **self._get_param("Tags")}
    return "{}"


def untag_resource(self: Any) -> str:
    """UntagResource removes tags from a scalable target."""
    target = _target(self)
    removed = self._get_param("TagKeys")
    target.tags = {key: value for key, value in (target.tags or {}).items() if key not in removed}
    return "{}"


def _tag_on_registration() -> None:
    """RegisterScalableTarget accepts tags."""
    register = ApplicationAutoScalingResponse.register_scalable_target

    def register_and_tag(self: Any) -> str:
        answer: str = register(self)
        tags = self._get_param("Tags")
        if tags:
            arn = json.loads(answer)["ScalableTargetARN"]
            targets = self.applicationautoscaling_backend.targets[self._get_param("ScalableDimension")].values()
            next(target for target in targets if target.arn == arn).tags = tags
        return answer

    ApplicationAutoScalingResponse.register_scalable_target = register_and_tag


def _replace_policies() -> None:
    """An updated policy keeps its ARN, and its alarms are replaced; moto sets a new ARN and keeps the old alarms."""
    put = ApplicationAutoscalingBackend.put_scaling_policy

    def put_and_clean_up(self: Any, **policy: Any) -> Any:
        of_policy = ("service_namespace", "resource_id", "scalable_dimension", "policy_name")
        old = self.policies.get("\t".join(policy[name] for name in of_policy))
        new = put(self, **policy)
        if old is not None:
            old.delete_alarms(self.account_id, self.region_name)
            new.policy_arn = old.policy_arn
        return new

    ApplicationAutoscalingBackend.put_scaling_policy = put_and_clean_up
