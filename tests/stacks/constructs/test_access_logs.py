"""Where the load balancer writes its access logs."""

from __future__ import annotations

from tests.stacks.conftest import Synth


def test_without_access_logs_there_is_no_bucket(stack: Synth) -> None:
    made = stack("load_balancer: {access_logs: false}")

    assert not [address for address in made.addresses if address.startswith("aws_s3_")]
    assert "access_logs" not in made["aws_lb.main"]
    assert made["aws_lb.main"]["depends_on"] == ["aws_route.internet"]


def test_access_logs_go_to_a_bucket_whose_policy_stands_first(stack: Synth) -> None:
    made = stack()

    bucket = "alb-logs-shop-prod-${data.aws_caller_identity.current.account_id}"
    assert made["aws_s3_bucket.access_logs"]["bucket"] == bucket
    assert "aws_s3_bucket_policy.access_logs" in made["aws_lb.main"]["depends_on"]


def test_what_s3_sets_one_at_a_time_is_set_one_after_the_other(stack: Synth) -> None:
    made = stack()

    policy, controls = "aws_s3_bucket_policy.access_logs", "aws_s3_bucket_ownership_controls.access_logs"
    assert made[policy]["depends_on"] == ["aws_s3_bucket_public_access_block.access_logs"]
    assert made[controls]["depends_on"] == [policy]
