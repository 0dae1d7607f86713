"""Keys that other tools have in the other sections, and all tables by the model of their section."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stacks.project.neighbors.conversions import (
    Fix,
    as_flag,
    as_hosts,
    as_integer,
    as_paths,
    as_positive,
    as_protocol,
    as_text,
    as_texts,
    container_check_fix,
    cooldown_fix,
    first_of,
    health_check_fix,
    percent_fix,
    range_fix,
    same,
    write,
)
from stacks.project.neighbors.resources import RESOURCES
from stacks.project.neighbors.services import SERVICE, SIDECAR
from stacks.project.plain import health_command, seconds

_HTTP: dict[str, Fix | str] = {
    "path": write("paths", as_paths),
    **same(write("hosts", as_hosts), "alias host domain hostname host_header"),
    **same(
        lambda value: (
            f"{text.replace('write ', 'write it in the service: ', 1)}"
            if (text := health_check_fix(value))
            else "write it in the service: health_check: {path: /healthz}"
        ),
        "healthcheck health_check",
    ),
    **same(write("allowed_cidrs", as_texts), "allowed_source_ips source_ips allowed_ips whitelist allowlist"),
    **same(write("protocol", as_protocol), "version protocol_version"),
    **same("write port in the service", "target_port port target_container container_port"),
    **same("write also: [{port: 9090, paths: [/metrics]}]", "additional_rules additional_ports extra_ports"),
    **same("write paths: [/a, /b] with up to five patterns", "routes rules"),
    **same("write load_balancer: {redirect_http: true} at the top level", "redirect_to_https redirect_http redirect"),
    **same(
        "write load_balancer: {https: {domain: app.example.com, hosted_zone: example.com}} at the top level",
        "certificate certificate_arn certificates hosted_zone https tls ssl",
    ),
    **same("write it in the service: health_check: {grace_period: 60}", "grace_period"),
    **same("write it at the top level: load_balancer: {idle_timeout: 60}", "idle_timeout timeout"),
    **same(write("deregistration_delay", seconds), "deregistration_delay_seconds draining"),
    **same(
        write("stickiness", lambda value: 3600 if value is not False else False),
        "sticky sticky_sessions session_affinity",
    ),
    **same("write connect: true in the service", "private internal"),
}
_HEALTH: dict[str, Fix | str] = {
    **same(write("matcher", as_text), "success_codes healthy_http_codes status_codes codes status"),
    **same(
        lambda value: (
            f"write it in the service: {text.removeprefix('write ')}" if (text := container_check_fix(value)) else None
        ),
        "test command cmd",
    ),
    **same(
        write("path", lambda value: value if isinstance(value, str) and value.startswith("/") else None),
        "url endpoint uri http_path health_path",
    ),
    **same(
        write("healthy_threshold", lambda value: value if isinstance(value, int) and 2 <= value <= 10 else None),
        "healthy_threshold_count success_threshold",
    ),
    **same(
        write("unhealthy_threshold", lambda value: value if isinstance(value, int) and 2 <= value <= 10 else None),
        "unhealthy_threshold_count failure_threshold retries",
    ),
    **same(write("grace_period", seconds), "start_period initial_delay initial_delay_seconds"),
    **same(
        write("interval", lambda value: number if 6 <= (number := (seconds(value) or 0)) <= 300 else None),
        "interval_seconds period_seconds",
    ),
    **same(
        write("timeout", lambda value: number if 2 <= (number := (seconds(value) or 0)) <= 29 else None),
        "timeout_seconds",
    ),
}
_CONTAINER_HEALTH: dict[str, Fix | str] = {
    **same(write("command", health_command), "test cmd"),
    **same("write it in health_check of the service", "path"),
    **same(write("start_period", seconds), "start_interval grace_period initial_delay"),
}
_SCALING: dict[str, Fix | str] = {
    "range": range_fix,
    **same(cooldown_fix, "cooldown cooldowns"),
    **same(percent_fix("cpu_percent"), "cpu cpu_percentage cpu_utilization target_cpu cpu_target"),
    **same(percent_fix("memory_percent"), "memory memory_percentage memory_utilization target_memory"),
    **same(
        first_of(write("requests_per_target", as_positive), "write requests_per_target: 500"),
        "requests request_count requests_per_task",
    ),
    **same("write queue_messages_per_task: 100, in a worker with a queue", "queue_delay queue_length queue_messages"),
    **same("write requests_per_target: 500", "response_time latency"),
    **same("write capacity: spot in the service", "spot capacity"),
    **same(write("min", as_integer), "min_capacity min_replicas minimum min_count desired desired_count"),
    **same(write("max", as_positive), "max_capacity max_replicas maximum max_count"),
}
_DEPLOYMENT: dict[str, Fix | str] = {
    **same(
        lambda value: (
            "write min_percent: 0 and max_percent: 100" if value == "recreate" else "remove it; deployments are rolling"
        ),
        "rolling type controller",
    ),
    **same(write("alarms", as_texts), "rollback_alarms alarm_names"),
    **same(
        write("min_percent", lambda value: value if isinstance(value, int) and 0 <= value <= 100 else None),
        "min_healthy_percent minimum_healthy_percent min",
    ),
    **same(
        write("max_percent", lambda value: value if isinstance(value, int) and 100 <= value <= 200 else None),
        "max_healthy_percent maximum_percent max",
    ),
    **same(
        write("rollback", lambda value: True if as_flag(value) is None else value),
        "circuit_breaker deployment_circuit_breaker auto_rollback",
    ),
}
_NETWORK: dict[str, Fix | str] = {
    **same(
        lambda value: "write vpc_id, public_subnet_ids and private_subnet_ids for an existing VPC",
        "vpc placement subnets subnet_ids id",
    ),
    **same("write connect: true in the service", "connect"),
    **same(
        write(
            "nat",
            lambda value: {0: "none", 1: "single"}.get(value, "per_az") if isinstance(value, int) else None,
        ),
        "nat_gateways nat_gateway enable_nat_gateway",
    ),
    **same("write nat: single", "single_nat_gateway"),
    **same(
        write("availability_zones", lambda value: value if isinstance(value, int) and 2 <= value <= 6 else None),
        "azs max_azs az_count zones",
    ),
    **same(write("cidr", as_text), "cidr_block vpc_cidr ip_addresses"),
    **same(write("endpoints", as_texts), "vpc_endpoints"),
}
_BALANCER_KEYS: dict[str, Fix | str] = {
    **same(
        write(
            "https",
            lambda value: (
                {"domain": value, "hosted_zone": value.partition(".")[2] if value.count(".") > 1 else value}
                if isinstance(value, str) and "." in value
                else None
            ),
        ),
        "domain domain_name alias",
    ),
    **same(
        write("https", lambda value: {"certificate_arn": value} if isinstance(value, str) else None),
        "certificate certificate_arn",
    ),
    **same(
        write(
            "https", lambda value: {"hosted_zone": value, "domain": f"app.{value}"} if isinstance(value, str) else None
        ),
        "hosted_zone domain_zone",
    ),
    **same(
        write("internal", lambda value: not value if isinstance(value, bool) else None),
        "public internet_facing public_load_balancer",
    ),
    **same(write("internal", lambda value: value == "internal" if isinstance(value, str) else None), "scheme"),
    **same(write("ingress_cidrs", as_texts), "allowed_cidrs allowed_source_ips ingress source_ips"),
    **same(write("ssl_policy", as_text), "tls_policy security_policy"),
    **same(write("redirect_http", as_flag), "redirect_to_https redirect_http_to_https"),
    **same("write arn, listener_arn and security_group of an existing load balancer", "import existing alb_arn"),
    **same("write redirects: [{from: www.example.com, to: example.com}]", "redirect redirect_hosts redirect_host"),
    **same("remove it; the listeners are HTTP, and HTTPS with https", "ports listeners listener_port protocol type"),
}
_TOP: dict[str, Fix | str] = {
    **same("write resources: {db: {type: postgres, capacity: {min: 0.5, max: 4}}}", "databases database db rds aurora"),
    **same("write resources: {cache: {type: valkey}}", "caches cache redis elasticache"),
    **same("write resources: {uploads: {type: bucket}}", "buckets bucket s3 storage addons"),
    **same("write resources: {sessions: {type: table, key: {id: S}}}", "tables table dynamodb"),
    **same("write resources: {events: {type: topic}}", "topics topic sns"),
    **same("write queue: {} in a service with type: worker", "queues queue sqs"),
    "version": "remove it; the project file has no version",
    **same(write("project_id", as_text), "name app application project app_name"),
    **same("write volumes in a service: volumes: {data: {path: /data}}", "volumes"),
    **same("write network: {cidr: 10.0.0.0/16}, or remove it", "networks vpc"),
    **same("write secrets in a service: secrets: {NAME: ssm:/name}", "secrets"),
    **same("remove it; files and settings reach a service through environment, secrets and env_files", "configs"),
    **same("write state: {backend: s3, bucket: my-company-terraform-state}", "backend terraform_backend remote_state"),
    **same(write("region", as_text), "aws_region default_region"),
    **same(
        write("account_id", lambda value: str(value) if re.fullmatch("\\d{12}", str(value)) else None),
        "account aws_account aws_account_id",
    ),
    **same(
        "write load_balancer: {https: {domain: app.example.com, hosted_zone: example.com}}",
        "domain https certificate certificate_arn",
    ),
}
_LOG_KEYS: dict[str, Fix | str] = {
    **same(write("retention_days", as_positive), "retention retention_in_days log_retention days"),
    **same("remove it; logs go to a CloudWatch log group of the service", "group log_group"),
    **same("write driver: firelens, with the output in options", "log_driver destination"),
    **same(write("config_file", as_text), "config_file_path config_file_value"),
}
TABLES: Mapping[str, Mapping[str, Fix | str]] = {
    "ContainerHealthCheck": _CONTAINER_HEALTH,
    "Deployment": _DEPLOYMENT,
    "HealthCheck": _HEALTH,
    "Http": _HTTP,
    "Https": {
        **same(
            first_of(write("certificate_arn", as_text), write("certificate_arns", as_texts)),
            "certificate arn cert_arn certificates cert_arns",
        ),
        **same(write("hosted_zone", as_text), "zone domain_zone zone_name"),
        **same(
            first_of(write("domains", as_texts), write("domain", as_text)),
            "domain_name domain_names aliases host hosts alias",
        ),
    },
    "LoadBalancer": _BALANCER_KEYS,
    "Logs": _LOG_KEYS,
    "Network": _NETWORK,
    "Project": {
        **_TOP,
        **same(
            lambda value: (
                "did you mean environments?" if isinstance(value, dict) else "write environments: {dev: {}, prod: {}}"
            ),
            "envs stages environment_names workspaces",
        ),
    },
    "Queue": {
        **same(write("subscribe", as_texts), "topics topic subscriptions"),
        **same(write("visibility_timeout", seconds), "timeout visibility"),
        **same(write("max_receive_count", as_positive), "max_receives tries retries"),
        **same("remove it; each queue has a dead-letter queue", "dead_letter dead_letter_queue dlq name"),
    },
    "Subscription": {
        **same(write("topic", as_text), "name arn topic_arn"),
        **same(write("raw", as_flag), "raw_message_delivery raw_delivery"),
        "filter": "did you mean filter_policy?",
    },
    "Scaling": _SCALING,
    "ServiceAlarms": {
        **same(percent_fix("cpu_percent"), "cpu cpu_utilization cpu_percentage"),
        **same(percent_fix("memory_percent"), "memory memory_utilization memory_percentage"),
        **same(percent_fix("http_5xx_percent"), "http_5xx errors http_errors error_rate"),
        **same(write("queue_age_seconds", as_positive), "queue_age queue_delay"),
    },
    "CapacityMix": {
        **same(write("spot_weight", as_positive), "spot fargate_spot spot_percent"),
        **same(write("on_demand_weight", as_positive), "on_demand fargate weight"),
        **same(write("on_demand_base", as_positive), "base on_demand_min"),
    },
    **RESOURCES,
    "Service": SERVICE,
    "Sidecar": SIDECAR,
    "Volume": {
        **same(write("path", as_text), "container_path mount_path target destination mount"),
        **same(write("efs", as_text), "id filesystem_id file_system_id efs_id filesystem"),
        **same(write("read_only", as_flag), "readonly ro"),
        **same(write("root_directory", as_text), "root_dir source"),
    },
}
