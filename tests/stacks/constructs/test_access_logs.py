"""The bucket for the load balancer's access logs."""

from __future__ import annotations

from tests.stacks.conftest import Synth


def test_without_access_logs_there_is_no_bucket(stack: Synth) -> None:
    made = stack("load_balancer: {access_logs: false}")

    assert not [address for address in made.addresses if address.startswith("aws_s3_")]
    assert "access_logs" not in made["aws_lb.main"]
    assert made["aws_lb.main"]["depends_on"] == ["aws_route.internet"]


def test_access_logs_go_to_a_bucket_whose_policy_is_created_first(stack: Synth) -> None:
    made = stack()

    bucket = "alb-logs-shop-prod-${data.aws_caller_identity.current.account_id}"
    assert made["aws_s3_bucket.access_logs"]["bucket"] == bucket
    assert "aws_s3_bucket_policy.access_logs" in made["aws_lb.main"]["depends_on"]


def test_settings_that_s3_rejects_concurrently_are_applied_in_sequence(stack: Synth) -> None:
    made = stack()

    policy, controls = "aws_s3_bucket_policy.access_logs", "aws_s3_bucket_ownership_controls.access_logs"
    assert made[policy]["depends_on"] == ["aws_s3_bucket_public_access_block.access_logs"]
    assert made[controls]["depends_on"] == [policy]
