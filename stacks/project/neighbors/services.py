"""Keys that other tools have in a service or a container."""

from __future__ import annotations

from stacks.project.neighbors.conversions import (
    Fix,
    as_architecture,
    as_cpu,
    as_disk,
    as_flag,
    as_hosts,
    as_integer,
    as_paths,
    as_port,
    as_positive,
    as_text,
    as_texts,
    count_fix,
    deploy_fix,
    env_files_fix,
    first_of,
    health_check_fix,
    inside,
    network_fix,
    nlb_fix,
    same,
    schedule_fix,
    sidecar_check_fix,
    storage_fix,
    task_image_fix,
    write,
)
from stacks.project.plain import flow, mebibytes, seconds

_RENAMED_SERVICE = {
    "environment": ("env", "envs", "env_vars", "environment_variables", "variables", "map_environment"),
    "exec": ("enable_execute_command", "execute_command", "ecs_exec"),
    "readonly_root": ("read_only", "readonly_fs", "readonly_root_filesystem", "read_only_root_filesystem"),
    "working_directory": ("work_dir", "workdir", "working_dir"),
    "env_files": (),
}
_PRIVATE_SUBNETS = "remove it; tasks are in the private subnets of the VPC in network at the top level"
_BALANCER = "the load balancer is configured at the top level: load_balancer: {https: {certificate_arn: ...}}"
_ONE_NAME = "remove it; the key of the service is its name"
_ROLES = "remove it; each service has roles of its own, and permissions adds statements to them"
_STATEMENTS = 'write permissions: {statements: [{actions: ["s3:GetObject"], resources: ["arn:aws:s3:::bucket/*"]}]}'
_CREDENTIALS = "write image_credentials: secretsmanager:NAME, with the name of a secret that has username and password"
_NO_RESTART = "remove it; ECS replaces tasks that stop"
_LOGS = first_of(
    write(
        "logs",
        lambda value: (
            {"retention_days": days}
            if (days := inside("retention", "retention_in_days", convert=as_integer)(value) or as_integer(value))
            in (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400)
            else None
        ),
    ),
    "write logs: {retention_days: 30}; logs go to CloudWatch Logs",
)
SERVICE: dict[str, Fix | str] = {
    **{key: write(ours) for ours, keys in _RENAMED_SERVICE.items() for key in keys},
    **same(write("port", as_port), "ports expose container_port target_port port_mappings host_port listen"),
    **same(
        first_of(write("count", as_integer), count_fix), "desired_count replicas instances num_tasks scale task_count"
    ),
    **same(count_fix, "scaling autoscaling auto_scaling scalable_target autoscale"),
    **same(
        write(
            "count",
            lambda low: {"min": low, "max": max(4, low), "cpu_percent": 60} if as_integer(low) is not None else None,
        ),
        "min_capacity autoscaling_min_capacity min_scaling_capacity min_count min_size",
    ),
    **same(
        write("count", lambda high: {"min": 1, "max": high, "cpu_percent": 60} if as_positive(high) else None),
        "max_capacity autoscaling_max_capacity max_scaling_capacity max_count max_size",
    ),
    **same(
        write("memory", mebibytes),
        "mem mem_limit memory_mib memory_mb memory_limit memory_limit_mib memory_reservation "
        "memory_reservation_mib task_memory",
    ),
    **same(
        first_of(write("cpu", as_cpu), "write cpu: 512, in units of 1/1024 vCPU"),
        "cpus vcpu vcpus cpu_units task_cpu cpu_limit",
    ),
    **same(health_check_fix, "healthcheck health_check health_check_path health"),
    **same(env_files_fix, "env_file env_files environment_file environment_files dotenv"),
    **same(write("command", lambda value: value if isinstance(value, list) else None), "cmd args start_command"),
    **same(write("entrypoint", lambda value: value if isinstance(value, list) else None), "entry_point"),
    **same(_NO_RESTART, "restart restart_policy"),
    **same(
        _PRIVATE_SUBNETS,
        "networks network_mode network_configuration subnets subnet_ids vpc vpc_id vpc_subnets private_subnets",
    ),
    **same(
        lambda value: "write placement: public" if value is not False else _PRIVATE_SUBNETS,
        "assign_public_ip public_ip public_subnets",
    ),
    **same(write("security_groups", as_texts), "security_group_ids additional_security_groups"),
    "network": network_fix,
    "deploy": deploy_fix,
    **same(_ONE_NAME, "name container_name hostname service_name family domainname"),
    **same(
        _LOGS,
        "logging log_configuration log_driver log_retention log_group "
        "cloudwatch_log_group_retention_in_days enable_cloudwatch_logging",
    ),
    **same("remove it, or write tags at the top level", "labels docker_labels tags propagate_tags"),
    **same(write("architecture", as_architecture), "platform platforms cpu_architecture runtime_platform arch"),
    **same(
        "remove it; Fargate does not support it",
        "privileged cap_add cap_drop devices security_opt pid ipc userns_mode",
    ),
    **same(
        first_of(
            write("stop_timeout", lambda value: number if 2 <= (number := (seconds(value) or 0)) <= 120 else None),
            "write stop_timeout: 120 or less",
        ),
        "stop_grace_period grace_period_seconds termination_grace_period_seconds",
    ),
    "on": inside("schedule", convert=schedule_fix),
    **same(schedule_fix, "cron schedule_expression cron_schedule"),
    **same(write("timezone", as_text), "schedule_timezone schedule_expression_timezone time_zone tz"),
    **same(nlb_fix, "nlb network_load_balancer"),
    **same(
        "write resources: {events: {type: topic}} at the top level, and uses: {events: {arn: EVENTS_TOPIC}} here",
        "publish",
    ),
    **same(
        "write queue: {subscribe: [arn:aws:sns:us-east-1:123456789012:topic]} with type: worker", "subscribe topics"
    ),
    **same("write the field itself, or a template of your own: task_definition_template", "taskdef_overrides"),
    **same("remove it, or add a collector under sidecars", "observability"),
    **same(
        "write logs: {driver: firelens, options: {Name: datadog}}", "firelens_configuration secret_options firelens"
    ),
    **same(storage_fix, "storage"),
    **same(write("ephemeral_storage", as_disk), "ephemeral_storage_gib disk disk_size"),
    **same("write volumes: {data: {path: /data}}", "mount_points mounts efs_volumes"),
    **same("write init_process: true, or remove it", "init init_process_enabled linux_parameters"),
    **same('write system_controls: {net.core.somaxconn: "1024"}', "sysctls"),
    **same(task_image_fix, "task_image_options task_definition task_definition_args container"),
    **same(
        lambda value: (
            "write load_balancer: {internal: true} at the top level"
            if value is False
            else "remove it; the load balancer of the web services is public unless load_balancer.internal is true"
        ),
        "public_load_balancer public internet_facing",
    ),
    **same(
        _BALANCER,
        "domain domain_name domain_zone certificate certificate_arn redirect_http listener_port "
        "load_balancer load_balancers alb protocol",
    ),
    **same(
        first_of(write("http", lambda value: {"hosts": hosts} if (hosts := as_hosts(value)) else None)),
        "alias host hosts hostnames",
    ),
    **same(
        first_of(write("http", lambda value: {"paths": paths} if (paths := as_paths(value)) else None)),
        "path paths route routes",
    ),
    **same(
        lambda value: (
            f"write deployment: {flow({'rollback': bool(as_flag(value)) if as_flag(value) is not None else True})}"
        ),
        "circuit_breaker deployment_circuit_breaker",
    ),
    **same(
        write(
            "deployment", lambda value: {"min_percent": value} if isinstance(value, int) and 0 <= value <= 100 else None
        ),
        "min_healthy_percent minimum_healthy_percent deployment_minimum_healthy_percent",
    ),
    **same(
        write(
            "deployment",
            lambda value: {"max_percent": value} if isinstance(value, int) and 100 <= value <= 200 else None,
        ),
        "max_healthy_percent maximum_percent deployment_maximum_percent",
    ),
    **same(
        write(
            "health_check", lambda value: {"grace_period": number} if (number := seconds(value)) is not None else None
        ),
        "health_check_grace_period health_check_grace_period_seconds grace_period",
    ),
    **same(
        "write capacity: spot",
        "capacity_provider_strategies capacity_provider_strategy spot use_spot fargate_spot capacity_providers",
    ),
    **same(
        "remove it; every task runs on Fargate",
        "launch_type requires_compatibilities cluster cluster_arn platform_version desired_status",
    ),
    **same(_ROLES, "task_role task_role_arn execution_role execution_role_arn tasks_iam_role_arn iam_role_arn role"),
    **same(
        _STATEMENTS,
        "policies policy iam_role_statements tasks_iam_role_statements task_exec_iam_statements "
        "tasks_iam_role_policies iam",
    ),
    **same(
        "write the own container of the service in the service itself, and the others under sidecars",
        "container_definitions containers",
    ),
    **same(
        "remove it; a service connects to others with connect: true",
        "links link external_links service_registry service_discovery cloud_map_options "
        "service_connect service_connect_configuration",
    ),
    **same("remove it; a service's own container is essential", "essential"),
    **same(
        "write deployment: {strategy: rolling}, or remove it", "deployment_controller strategy update_config rolling"
    ),
    **same("write build: {context: ., dockerfile: Dockerfile}", "dockerfile docker"),
    **same("write image: registry.example.com/team/app:1.2", "image_uri repository_url"),
    **same(_CREDENTIALS, "credentials_parameter repository_credentials registry_credentials"),
}
SIDECAR: dict[str, Fix | str] = {
    **{
        key: SERVICE[key]
        for key in ("ports", "expose", "container_port", "target_port", "port_mappings", "env", "envs")
    },
    **{
        key: SERVICE[key]
        for key in ("env_vars", "environment_variables", "variables", "mem", "mem_limit", "memory_mib")
    },
    **{
        key: SERVICE[key]
        for key in ("memory_limit", "memory_limit_mib", "memory_reservation", "cpus", "vcpu", "cmd", "args")
    },
    **same(sidecar_check_fix, "healthcheck container_health_check"),
    **same("remove it; the key of the sidecar is its name", "name container_name hostname"),
    **same(_NO_RESTART, "restart"),
    **same(_CREDENTIALS, "credentials_parameter repository_credentials registry_credentials credentials"),
    **same(env_files_fix, "env_file environment_file environment_files dotenv"),
    **same("write volumes: {NAME: /path}, with the name of a volume of the service", "mount_points mounts"),
    **same(write("readonly_root", as_flag), "read_only readonly_root_filesystem read_only_root_filesystem"),
    **same(write("entrypoint", lambda value: value if isinstance(value, list) else None), "entry_point"),
    **same("remove it; logs go where logs of the service sends them", "logging log_configuration logs"),
    **same("write router in logs of the service, with the name of this sidecar", "firelens_configuration firelens"),
}
WITHOUT_MEANING = frozenset(
    {"tty", "stdin_open", "interactive", "extra_hosts", "dns", "dns_search", "profiles", "shm_size"}
    | {"pull_policy", "configs", "extends", "stop_signal", "develop", "dev", "transform", "runtime", "isolation"}
    | {"pseudo_terminal", "image_config", "annotations", "attach", "cgroup"}
    | {"blkio_config", "oom_kill_disable", "oom_score_adj", "mem_swappiness", "memswap_limit", "group_add", "version"}
    | {
        "depends_on_condition",
    }
)
