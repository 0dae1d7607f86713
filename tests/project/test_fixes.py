"""A fix that names a value, applied as printed, is accepted by the next run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cli.sentences import sentence
from stacks.errors import Problem
from tests.project.case import Case, cases
from tests.project.conftest import problems
from tests.project.texts import job, top, web, worker
from tests.support.applied_fixes import NotApplicable, applied

# The start of fixes for another place than that of the problem, or without a value of their own.
_ELSEWHERE = (
    "write it at the top level",
    "write the value out",
    "write the keys it overrides",
    "write a whole number",
    "write essential: false",
    "write redirect_http: true",
    "write domain: ",
    "write the ARN of the key",
    "write the whole ARN",
    "remove it, or write",
    "write type: worker for worker",
    "write `key: value` lines",
)
# Files that are not YAML, and files with a second fault that the first one hides.
_OTHER_ROWS = ("bad YAML", "tabs", "anchor bomb", "depends_on")
CASES = [case for case in cases() if case.env is None and case.row not in _OTHER_ROWS]
FIXES: dict[str, str] = yaml.safe_load((Path(__file__).parent / "other_tools.yaml").read_text())
OTHER_TOOLS = {
    # Compose
    "ports": web('ports: ["8080:80"]'),
    "ports-long": web("ports: [{target: 8080, published: 80}]"),
    "expose": web("expose: [3000]"),
    "depends_on": web("depends_on: [proxy]\nsidecars: {proxy: {image: proxy:1}}"),
    "condition": web("depends_on: {proxy: service_started}\nsidecars: {proxy: {image: proxy:1}}"),
    "env_file": web("env_file: .env"),
    "env_file-s3": web("env_file: arn:aws:s3:::my-bucket/web.env"),
    "restart": web("restart: always"),
    "networks": web("networks: [front]"),
    "deploy": web("deploy: {replicas: 3}"),
    "healthcheck": web('healthcheck: {test: ["CMD", "curl", "-f", "localhost"], interval: 10s}'),
    "healthcheck-text": web('healthcheck: {test: "curl -f localhost || exit 1"}'),
    "container_name": web("container_name: shop"),
    "command": web("command: npm run start"),
    "command-shell": web('command: sh -c "a && b"'),
    "command-operators": web("command: npm run migrate && npm start"),
    "entrypoint": web("entrypoint: /bin/app --port $PORT"),
    "environment": web("environment: [NODE_ENV=production, A=b]"),
    "volumes": web('volumes: ["data:/data", "/cache:/var/cache:ro"]'),
    "working_dir": web("working_dir: /app"),
    "mem_limit": web("mem_limit: 2g"),
    "cpus": web("cpus: 0.5"),
    "platform": web("platform: linux/arm64"),
    "read_only": web("read_only: true"),
    "stop_grace_period": web("stop_grace_period: 1m30s"),
    "ulimits": web("ulimits: {nofile: {soft: 1024, hard: 4096}}"),
    "tty": web("tty: true"),
    "privileged": web("privileged: true"),
    "labels": web("labels: {a: b}"),
    "logging": web("logging: {driver: json-file}"),
    "version": top('version: "3.8"'),
    "top-volumes": top("volumes: {data: {}}"),
    "top-networks": top("networks: {front: {}}"),
    # Copilot
    "name": web("name: web"),
    "type": web("type: Load Balanced Web Service"),
    "type-backend": web("type: Backend Service"),
    "variables": web("variables: {A: b}"),
    "nlb": web("nlb: {port: 443/tls}"),
    "publish": web("publish: {topics: [{name: a}]}"),
    "taskdef_overrides": web("taskdef_overrides: [{path: a, value: b}]"),
    "platform-copilot": web("platform: linux/x86_64"),
    "http-path": web("http: {path: api}"),
    "http-root": web("http: {path: /}"),
    "http-healthcheck": web("http: {healthcheck: /healthz}"),
    "http-healthcheck-map": web("http: {healthcheck: {path: /healthz, port: 80}}"),
    "http-alias": web("http: {alias: app.example.com}"),
    "http-version": web("http: {version: http1.1}"),
    "http-source_ips": web("http: {allowed_source_ips: [10.0.0.0/8]}"),
    "count-range": web("count: {range: 1-10, cpu_percent: 70}"),
    "count-range-map": web("count: {range: {min: 1, max: 10, spot_from: 3}, cpu_percent: 70}"),
    "count-cooldown": web("count: {max: 4, cpu_percent: 70, cooldown: {in: 60s, out: 30s}}"),
    "count-cpu": web("count: {max: 4, cpu_percentage: 70}"),
    "exec": web("exec: yes please"),
    "network": web("network: {vpc: {placement: private}}"),
    "network-public": web("network: {vpc: {placement: public}}"),
    "network-connect": web("network: {connect: true}"),
    "storage": web("storage: {ephemeral: 50}"),
    "storage-readonly": web("storage: {readonly_fs: true}"),
    "secret": web("secrets: {KEY: {secretsmanager: shop/key}}"),
    "on": job('"on": {schedule: "@daily"}'),
    "sidecar-port": web("sidecars: {nginx: {image: proxy:1, container_port: 8081}}"),
    "sidecar-variables": web("sidecars: {nginx: {image: proxy:1, variables: {A: b}}}"),
    "sidecar-healthcheck": web("sidecars: {nginx: {image: proxy:1, healthcheck: {command: [CMD, ls]}}}"),
    "deployment": web("deployment: {rolling: recreate}"),
    "rollback_alarms": web("deployment: {rollback_alarms: [my-alarm]}"),
    # The CDK, SST, awsx, terraform-aws-modules, the ECS API
    "desiredCount": web("desiredCount: 3"),
    "memoryLimitMiB": web("memoryLimitMiB: 2048"),
    "taskImageOptions": web("taskImageOptions: {image: app:2, containerPort: 8080}"),
    "containerPort": web("containerPort: 8080"),
    "publicLoadBalancer": web("publicLoadBalancer: false"),
    "assignPublicIp": web("assignPublicIp: true"),
    "enableExecuteCommand": web("enableExecuteCommand: true"),
    "circuitBreaker": web("circuitBreaker: {rollback: true}"),
    "minHealthyPercent": web("minHealthyPercent: 50"),
    "cpu-vcpu": web('cpu: "0.5 vCPU"'),
    "memory-gb": web('memory: "2 GB"'),
    "scaling": web("scaling: {min: 2, max: 8}"),
    "cpu_architecture": web("cpu_architecture: ARM64"),
    "runtime_platform": web("runtimePlatform: {cpuArchitecture: ARM64}"),
    "container_definitions": web("container_definitions: {web: {image: app:1}}"),
    "autoscaling_max_capacity": web("autoscaling_max_capacity: 10"),
    "readonlyRootFilesystem": web("readonlyRootFilesystem: true"),
    "stopTimeout": web("stopTimeout: 60"),
    "healthCheck": web('healthCheck: {command: ["CMD-SHELL", "curl -f localhost"]}'),
    "schedule-crontab": worker("count: '2'"),
    "load_balancer-public": top("load_balancer: {public: false}"),
    "load_balancer-domain": top("load_balancer: {domain: app.example.com}"),
    "nat_gateways": top("network: {nat_gateways: 1}"),
    "max_azs": top("network: {max_azs: 3}"),
    # Values of another kind
    "logs": web("logs: 30"),
    "health_check": web("health_check: /healthz"),
    "container_health_check": web("container_health_check: curl -f localhost"),
    "volume": web("volumes: {data: /data}"),
    "sidecar": web("sidecars: {proxy: proxy:1}"),
    "connect": web("connect: api"),
    "queue": worker("queue: true"),
    "hosts": web('http: {hosts: "a.example.com, b.example.com"}'),
    "depends_on-service": top("services: {web: {image: app:1, depends_on: [db]}, db: {image: app:2, type: worker}}"),
    "secrets": web("secrets: [DB_PASSWORD]"),
    "from_cfn": web("secrets: {KEY: {from_cfn: stack-Key}}"),
    "image-build": top("services: {web: {image: {build: ., port: 80}}}"),
    "rate": job("schedule: rate(1hour)"),
    "cidr": web("http: {allowed_cidrs: ['10.0.0.0/8 ']}"),
    "reserved": top("services: {WAF: {image: app:1}}"),
    "backend": top("state: {bucket: x}"),
    "image": web("sidecars: {proxy: {image: {location: proxy:1}}}"),
    "account_id": top("account_id: 12345"),
    "count-text": web("count: 1-10"),
    "http-text": web("http: /api"),
    "prefix": top("network: {cidr: 10.1.0.0}"),
    "alarms": web("alarms: {cpu: 80}"),
    "egress-port": web("egress: [443]"),
    "capacity": web("capacity: {spot: 1}"),
    "cron": job("cron: 0 3 * * *"),
    "every": job("cron: '@every 5m'"),
    "interval": web("health_check: {interval: 15 sec}"),
    "typo": web("memroy: 2048"),
    "typo-list": web("comand: npm start"),
    "region": top("region: us-esat-1"),
    "zone": web("http: {hosts: [app.example.com.]}"),
    # Resources
    "buckets": top("buckets: [uploads]"),
    "expiration": top("resources: {data: {type: bucket, expiration: 30}}"),
    "partition_key": top("resources: {data: {type: table, key: {id: S}, partition_key: {id: S}}}"),
    "fifo_topic": top("resources: {data: {type: topic, fifo_topic: true}}"),
    "publish_to": top("resources: {e: {type: topic}}\nservices: {web: {image: app:1, uses: {e: {topic: EVENTS}}}}"),
    "key-text": top("resources: {data: {type: table, key: id}}"),
    "access-rw": top("resources: {d: {type: bucket}}\nservices: {web: {image: app:1, uses: {d: {access: rw}}}}"),
    "uses-list": top("resources: {data: {type: bucket}}\nservices: {web: {image: app:1, uses: [data]}}"),
}


def _errors(found: tuple[Problem, ...]) -> list[str]:
    return [sentence(problem) for problem in found if problem.severity == "error"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_fix_of_a_broken_rule_is_accepted(case: Case, folder: Path) -> None:
    [problem] = problems(folder, case.broken)
    try:
        text = None if problem.fix.startswith(_ELSEWHERE) else applied(case.broken, problem)
    except (NotApplicable, KeyError, yaml.YAMLError):
        text = None

    assert text is None or _errors(problems(folder, text)) == []


@pytest.mark.parametrize("name", OTHER_TOOLS)
def test_a_key_of_another_tool_is_answered_once_and_the_answer_is_accepted(name: str, folder: Path) -> None:
    text = OTHER_TOOLS[name]
    first, *others = problems(folder, text)

    assert others == [], [sentence(each) for each in others]
    assert first.fix == FIXES[name]
    try:
        changed = applied(text, first)
    except NotApplicable:
        return
    assert _errors(problems(folder, changed)) == [], sentence(first)
