"""Random valid project files, for tests of everything after `validate`.

The same seed generates the same file. Values are edge cases: the longest names, unusual text, every alternative of
every field. Rules about several fields are satisfied by construction.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from random import Random
from typing import Any

import yaml

from stacks.output import BUILT_IN_TEMPLATE
from stacks.project.models import ServiceAlarms
from stacks.project.rules.logs import RETENTION_DAYS
from tests.support import odd_values as odd
from tests.support.random_choices import Json
from tests.support.valid_images import ImageGenerator, write_dockerfiles
from tests.support.valid_resources import ResourceGenerator, write_own_terraform
from tests.support.valid_tasks import TEMPLATE, TaskGenerator


def project_content(seed: int) -> Json:
    """The content of a project file; it may refer to the template `own.json.tpl` and the folder `own/` next to it."""
    content = _reachable(_covered(_Generator(Random(seed)).project()))
    content = odd.with_arns_of_its_region(with_existing_balancer(with_possible_sign_in(content), Random(seed)))
    resources = ResourceGenerator(Random(seed))
    return resources.with_own_terraform(resources.with_resources(content))


def write_project(seed: int, file: Path) -> str:
    """Write a project file and its template, and return one of its environments."""
    content = project_content(seed)
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100_000), "utf-8")
    shutil.copyfile(BUILT_IN_TEMPLATE, file.parent / TEMPLATE)
    write_dockerfiles(file.parent)
    write_own_terraform(file.parent)
    return next(iter(content["environments"]))


def sign_in(region: str, kind: str, more: bool) -> Json:
    """Sign-in at the load balancer."""
    pool = f"arn:aws:cognito-idp:{region}:123456789012:userpool/{region}_AbC123"
    url = "https://login.example.com/a?b=c"
    endpoints = ("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint")
    secret = "secretsmanager:tool/oidc:client.secret"
    given: Json = {
        "cognito": {"user_pool_arn": pool, "client_id": "${a}", "domain": "acme"},
        "oidc": {**dict.fromkeys(endpoints, url), "client_id": "%{b}", "client_secret": secret},
    }
    return {kind: given[kind], **({"scope": "openid email"} if more else {})}


def with_possible_sign_in(content: Json) -> Json:
    """The project with sign-in that its load balancer can do, and a web ACL only where it protects something."""
    internal, nat = content["load_balancer"].get("internal"), content.get("network", {}).get("nat")
    if not any(map(_serves_http, content["services"].values())):
        for settings in (content, *filter(None, content["environments"].values())):
            settings.get("load_balancer", {}).pop("waf", None)
    stored = content.get("state", {}).get("backend", "local") != "local"
    for service in content["services"].values():
        auth = service.get("http", {}).get("auth")
        if auth and internal and nat == "none":
            del service["http"]["auth"]
        elif auth and "oidc" in auth and not stored:
            service["http"]["auth"] = sign_in(content["region"], "cognito", more=False)
    return content


def with_existing_balancer(content: Json, random: Random) -> Json:
    """The project in an existing VPC, sometimes behind an existing load balancer."""
    overlays = any("load_balancer" in (overlay or {}) for overlay in content["environments"].values())
    if "vpc_id" not in content.get("network", {}) or overlays or random.random() < 0.5:
        return content
    name = "app/shared/50dc6c495c0c9188"
    prefix = f"arn:aws:elasticloadbalancing:{content['region']}:123456789012"
    balancer = {"arn": f"{prefix}:loadbalancer/{name}", "listener_arn": f"{prefix}:listener/{name}/f2f7dc8efc522ab2"}
    for index, service in enumerate(content["services"].values()):
        if service["type"] != "web":
            continue
        if "tcp" in service:
            service["tcp"].pop("tls", None)
            continue
        http = service.setdefault("http", {})
        for number, each in enumerate([http, *http.get("also", ())]):
            each |= {"hosts": [f"{index}-{number}-x.example.com"], "priority": 40_000 + index * 10 + number}
            if len(each.get("paths", ())) + len(each.get("allowed_cidrs", ())) > 3:
                each["paths"] = each["paths"][:1]
    return {**content, "load_balancer": {**balancer, "security_group": "sg-0123456789abcdef0"}}


def _serves_http(spec: Json) -> bool:
    return spec["type"] == "web" and "tcp" not in spec


def _covered(content: Json) -> Json:
    """The project with hosts that its certificate is valid for."""
    https = content["load_balancer"].get("https", {})
    domain = "*.example.com" if https.get("domains") else https.get("domain")
    for index, service in enumerate(content["services"].values()):
        if domain and service.get("http", {}).get("hosts"):
            hosts = [f"{index}-h.example.com", f"{index}-B.Example.com"] if domain.startswith("*.") else []
            service["http"]["hosts"] = hosts
        for each in service.get("http", {}).get("also", ()) if domain else ():
            each.pop("hosts", None)
    return content


def _reachable(content: Json) -> Json:
    """The project with images and secrets in its region, if its tasks only reach that one."""
    if content.get("network", {}).get("nat") != "none":
        return content
    region = content["region"]
    elsewhere = re.compile(
        r"(?<=dkr\.ecr\.)us-east-1|(?<=ecr-fips\.)us-gov-west-1|(?<=:ssm:)us-east-1|(?<=:secretsmanager:)us-east-1"
    )
    services: Json = json.loads(elsewhere.sub(region, json.dumps(content["services"])))
    return {**content, "services": services}


class _Generator(TaskGenerator, ImageGenerator):
    """Generates one project file."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._secure = random.random() < 0.6
        self._redirects = random.random() < 0.7
        self._region = random.choice(odd.REGIONS)
        self._general = False  # whether a service has paths that other services might have too

    def project(self) -> Json:
        r = self._random
        names = r.sample(odd.NAMES, r.randint(1, 5))
        services = {name: self._with_images(self._service(name, index)) for index, name in enumerate(names)}
        return {
            "project_id": self._one(("shop", "p0", "a" + "b" * 23, "a-b-c-d-e-f-g-h-i-j-k-l")),
            "region": self._region,
            "load_balancer": self._load_balancer() | ({} if self._redirects else {"redirect_http": False}),
            "services": services,
            **self._subset(
                tags=self._tags,
                network=self._network,
                cluster=lambda: {"insights": self._one(("enabled", "enhanced", "disabled"))},
                alarms=lambda: {"email": self._some(("ops@example.com", "a+b%c@x-y.co.uk", "'${x}'@example.org"))},
                encryption=lambda: self._one(("aws", "customer")),
                permissions_boundary=lambda: "arn:aws:iam::123456789012:policy/path/b@undary",
                state=self._state,
                layout=lambda: "single",
                account_id=lambda: "123456789012",
                assume_role=lambda: "arn:aws:iam::123456789012:role/ci/deploy+x=y,z",
                protected=lambda: self._often(),
                registry=lambda: self._registry(self._region),
            ),
            "environments": self._environments(names),
        }

    def _environments(self, services: list[str]) -> Json:
        overlays: list[Json] = [
            {},
            {"protected": True, "region": None, "tags": None},
            {"services": {services[0]: {"cpu": None, "memory": None, "environment": {"OVER": "${laid}"}}}},
            {"load_balancer": {"waf": {"rate_limit": 10}, "access_logs": False}, "cluster": None},
        ]
        if self._region != "us-east-1":
            overlays[1].pop("region")
        names = self._some(odd.ENVIRONMENTS, 2) or ["dev"]
        return {name: self._one(overlays) for name in names}

    def _tags(self) -> Json:
        keys = ("team", "cost center", "a:b/c=d+e-f@g.h_i", "Größe", "k" * 128, "0", "yes")
        return {key: self._one(("x", "v" * 256, "ä ö ü", "a@b:c/d=e+f", "1e3", "")) for key in self._some(keys, 7)}

    def _network(self) -> Json:
        def flow_logs() -> Any:
            return self._one((False, {}, {"retention_days": self._one(RETENTION_DAYS)}))

        if self._often(0.3):
            ids = [f"subnet-{number:017x}" for number in range(1, 6)]
            vpc = {"vpc_id": self._one(("vpc-0a1b2c3d", "vpc-0123456789abcdef0"))}
            tiers = {"public_subnet_ids": ids[:2], "private_subnet_ids": ids[2 : self._number(4, 5)]}
            return {**vpc, **tiers, **self._subset(flow_logs=flow_logs)}
        endpoints = [
            "s3",
            "dynamodb",
            "ecr.api",
            "ecr.dkr",
            "logs",
            "ssm",
            "secretsmanager",
            "sqs",
            "ssmmessages",
            "kms",
        ]
        zones = self._one((None, 2, 3, ["a", "b"], ["c", "a", "b"]))
        count = zones if isinstance(zones, int) else len(zones or "ab")
        names = zones if isinstance(zones, int) else [f"{self._region}{letter}" for letter in zones or ()]
        carved = self._one(
            (
                {"cidr": self._one(("10.0.0.0/16", "172.16.0.0/20", "192.168.4.0/23"))},
                {"public_subnets": [f"10.0.{n}.0/28" for n in range(count)]},
                {"private_subnets": [f"10.0.{200 + n}.0/24" for n in range(count)]},
                {
                    "cidr": "10.9.0.0/16",
                    "public_subnets": [f"10.9.{n}.0/24" for n in range(count)],
                    "private_subnets": [f"10.9.{64 + n}.0/24" for n in range(count)],
                },
            )
        )
        nat = self._one(("single", "per_az", "none"))
        listed = endpoints if nat == "none" else self._some([*endpoints, "execute-api"], 11)
        return {
            **({"availability_zones": names} if names else {}),
            **carved,
            **self._subset(nat=lambda: nat, flow_logs=flow_logs),
            **({"endpoints": listed} if nat == "none" or self._often() else {}),
        }

    def _load_balancer(self) -> Json:
        certificate = f"arn:aws:acm:{self._region}:123456789012:certificate/11111111-2222-3333-4444-555555555555"
        https = self._one(
            (
                {"certificate_arn": certificate},
                {"certificate_arns": [certificate, certificate.replace("11111111", "99999999")]},
                {"domains": ["shop.example.com", "*.example.com"], "hosted_zone": "example.com"},
                {"domain": "shop.example.com", "hosted_zone": "example.com"},
                {"domain": "example.com", "hosted_zone": "example.com"},
                {"domain": "*.example.com", "hosted_zone": "example.com"},
            )
        )
        redirects = [{"from": "old.example.net", "to": "new.example.net"}]
        with_redirects = "hosted_zone" not in https or not self._secure
        return {
            **({"https": https} if self._secure else {}),
            **(self._subset(0.3, redirects=lambda: redirects) if with_redirects else {}),
            **self._subset(
                internal=self._often,
                ingress_cidrs=lambda: self._some(("0.0.0.0/0", "198.51.100.7/32", "10.0.0.0/8", "203.0.113.0/24")),
                redirect_http=lambda: self._redirects,
                ssl_policy=lambda: "ELBSecurityPolicy-TLS13-1-3-2021-06",
                access_logs=self._often,
                idle_timeout=lambda: self._number(1, 4000),
                deletion_protection=self._often,
                waf=lambda: self._one((False, {}, self._web_acl())),
            ),
        }

    def _web_acl(self) -> Json:
        return {
            "rate_limit": self._number(10, 2_000_000_000),
            **self._subset(
                anonymous_ips=lambda: self._one(("block", "count")), body_size=lambda: self._one(("block", "count"))
            ),
        }

    def _state(self) -> Json:
        s3 = {
            "bucket": "my.state-bucket",
            **self._subset(
                key_prefix=lambda: self._one(("teams/web", "a(b)'c!*/d/", "x")),
                region=lambda: self._one(odd.REGIONS),
                lock=self._often,
                kms_key=lambda: self._one(("alias/state", "arn:aws:kms:us-east-1:123456789012:alias/a/b_c")),
            ),
        }
        backends = {"local": {}, "s3": s3, "cloud": {"organization": "my-company_1"}}
        backend = self._one(tuple(backends))
        return {"backend": backend, **backends[backend]}

    def _service(self, name: str, index: int) -> Json:
        kind = self._one(("web", "web", "worker", "job"))
        spec: Json = {"type": kind, **self._container(name)}
        if kind == "web":
            spec |= self._web(index)
        if kind == "web" and spec.get("sidecars") and self._often(0.4):
            spec["target_container"] = next(iter(spec["sidecars"]))
            spec["sidecars"][spec["target_container"]] |= {"port": self._port(), "protocol": "tcp"}
            spec.get("tcp", {}).pop("port", None)
        if kind == "worker" and self._often(0.7):
            spec["queue"] = self._subset(
                visibility_timeout=lambda: self._number(0, 43_200),
                max_receive_count=lambda: self._number(1, 1000),
                fifo=self._often,
            )
            spec["queue"] |= self._subset(subscribe=lambda: self._subscriptions(spec["queue"].get("fifo", False)))
        if kind == "job":
            spec |= {"schedule": self._one(odd.SCHEDULES)}
            timing = {"retries": lambda: self._number(0, 185), "timeout": lambda: self._number(60, 86_400)}
            spec |= self._subset(timezone=lambda: self._one(odd.ZONES), **timing)
            spec |= self._subset(deployment=lambda: {"image_owner": self._one(("terraform", "external"))})
        else:
            spec |= self._running(spec)
        key = f"arn:aws:kms:{self._region}:123456789012:key/"
        ids = ("11111111-2222-3333-4444-555555555555", "mrk-0123456789abcdef0123456789abcdef")
        spec |= self._subset(0.2, placement=lambda: self._one(("private", "public")))
        spec |= self._subset(0.2, kms_keys=lambda: [f"{key}{id_}" for id_ in self._some(ids)])
        spec |= self._logs(spec)
        items = list(spec.items())
        self._random.shuffle(items)
        return dict(items)

    def _subscriptions(self, fifo: bool) -> list[Any]:
        topic = f"arn:aws:sns:{self._region}:123456789012:"
        suffix = ".fifo" if fifo else ""
        policy = {"kind ${x}": ["a", {"prefix": "%{b}"}, None], "price": [{"numeric": [">", 0, "<=", 1.5]}]}
        detailed = self._subset(filter_policy=lambda: policy, raw=self._often)
        return [f"{topic}orders{suffix}", {"topic": f"{topic}stock_{'s' * 200}{suffix}", **detailed}]

    def _logs(self, spec: Json) -> Json:
        """Logs through a router, which can't be counted in the log group."""
        if "log_errors" in spec.get("alarms", {}) or not self._often(0.3):
            return {}
        sidecars = [*spec.get("sidecars", ())]
        return {
            "logs": {
                "driver": "firelens",
                "options": {"Name": "stdout", "Label ${x}": "%{y}"},
                **self._subset(
                    secret_options=lambda: {"apikey": self._one(odd.REFERENCES)},
                    config_file=lambda: "/fluent-bit/${x}.conf",
                    **({"router": lambda: sidecars[0]} if sidecars else {}),
                ),
            }
        }

    def _web(self, index: int) -> Json:
        if index and self._often(0.15):
            return self._tcp(index)
        protocol = self._one(("HTTP1", "HTTP2", "GRPC")) if self._secure and self._redirects else "HTTP1"
        hosts = self._some(odd.HOSTS, 2)
        paths = [] if self._general else self._some(odd.PATHS[1:], 2)
        self._general = self._general or bool(paths)
        http: Json = {
            # A unique path keeps the rules of two services distinct.
            "paths": [f"/{index}/*", *paths[: 4 - len(hosts)]] if index else ["/*"],
            "hosts": [f"{index}-{host.lstrip('*.')}" for host in hosts] if index else [],
            "protocol": protocol,
            **self._subset(
                0.3,
                priority=lambda: index * 100 + 1,
                stickiness=lambda: self._one((False, 1, 604_800)),
                deregistration_delay=lambda: self._number(0, 3600),
                slow_start=lambda: self._one((0, 30, 900)),
            ),
        }
        if len(http["paths"]) + len(http["hosts"]) < 4 and self._often(0.3):
            http["allowed_cidrs"] = ["198.51.100.0/24"]
        if self._often(0.3):
            http["also"] = [self._further(index, number) for number in range(self._number(1, 4))]
        protocols = {protocol, *(each["protocol"] for each in http.get("also", ()))}
        if "GRPC" not in protocols and self._secure and self._redirects and self._often(0.5):
            http["auth"] = sign_in(self._region, self._one(("cognito", "oidc")), self._often())
        check = self._subset(
            0.3,
            port=self._port,
            path=lambda: self._one(("/", "/healthz?x=%7B$%{y}", "/" + "h" * 1023)),
            interval=lambda: self._number(6, 300),
            timeout=lambda: self._number(2, 4),
            healthy_threshold=lambda: self._number(2, 10),
            unhealthy_threshold=lambda: self._number(2, 10),
            grace_period=lambda: self._number(0, 2_147_483_647),
            matcher=lambda: "0-99" if protocol == "GRPC" else self._one(("200", "200,301", "200-499")),
        )
        return {"http": http, **self._subset(0.7, port=self._port, health_check=lambda: check)}

    def _further(self, index: int, number: int) -> Json:
        """A further port behind the load balancer."""
        protocol = self._one(("HTTP1", "HTTP2", "GRPC")) if self._secure and self._redirects else "HTTP1"
        return {
            "port": 64_000 + number,
            "paths": [f"/also/{index}/{number}"],
            "protocol": protocol,
            **self._subset(
                0.3,
                hosts=lambda: [f"{index}-{number}.example.org"],
                priority=lambda: index * 100 + number + 2,
                stickiness=lambda: self._one((False, 60)),
                deregistration_delay=lambda: 0,
                slow_start=lambda: 30,
                allowed_cidrs=lambda: ["198.51.100.0/24"],
            ),
            "health_check": self._subset(
                port=self._port,
                path=lambda: "/up",
                matcher=lambda: "0-9" if protocol == "GRPC" else "200-204",
                interval=lambda: 60,
                timeout=lambda: 7,
                healthy_threshold=lambda: 4,
                unhealthy_threshold=lambda: 6,
            ),
        }

    def _tcp(self, index: int) -> Json:
        """A service behind the network load balancer."""
        tls = {"tls": lambda: self._secure}
        port = self._subset(port=lambda: 5432)
        return {"tcp": {**port, **self._subset(listener=lambda: 20_000 + index, **tls), "listener": 20_000 + index}}

    def _running(self, spec: Json) -> Json:
        """The fields of services and workers: scaling, deployment and connections."""
        queue = "queue" in spec
        metrics = self._subset(
            cpu_percent=lambda: self._number(1, 100),
            memory_percent=lambda: self._number(1, 100),
            scale_in_cooldown=lambda: self._number(0, 3600),
            scale_out_cooldown=lambda: self._number(0, 3600),
            min=lambda: self._number(0, 3),
            **({"requests_per_target": lambda: self._number(1, 10_000)} if _serves_http(spec) else {}),
            **({"queue_messages_per_task": lambda: self._number(1, 1000)} if queue else {}),
        )
        times = [
            {
                "cron": self._one(odd.SCHEDULES),
                "min": 0,
                "max": 9,
                **self._subset(timezone=lambda: self._one(odd.ZONES)),
            }
            for _ in range(self._number(1, 3))
        ]
        count = self._one((0, 1, 7, {"max": 3, "cpu_percent": 50}, {**metrics, "max": 9, "schedules": times}))
        alarms = self._alarms("web" if _serves_http(spec) else "worker", queue)
        named = [key for key, value in alarms.items() if value is not None and key in ServiceAlarms.model_fields]
        deployment = self._subset(
            0.4,
            image_owner=lambda: self._one(("terraform", "external")),
            rollback=self._often,
            strategy=lambda: "rolling",
            min_percent=lambda: self._number(0, 100),
            max_percent=lambda: 200,
            before=self._tasks,
            after=self._tasks,
            alarms=lambda: [*named, "${other}-alarm"],
        )
        alias = self._one(("", "_x.y-z", "d" * 127))
        connect = self._one((True, False, {"alias": f"{self._port()}{alias}"[:127], "port": self._port()}))
        return self._subset(
            count=lambda: count, alarms=lambda: alarms, deployment=lambda: deployment, connect=lambda: connect
        ) | ({"alarms": alarms} if "alarms" in deployment else {})

    def _alarms(self, kind: str, queue: bool) -> Json:
        log_errors: Json = self._subset(
            pattern=lambda: self._one(("?ERROR ?Error", '{ $.level = "error" }', "", '"a\\b ${c} %{d}"', "p" * 1024)),
            threshold=lambda: self._number(1, 1000),
        )
        return self._subset(
            cpu_percent=lambda: self._number(1, 100),
            memory_percent=lambda: self._number(1, 100),
            log_errors=lambda: log_errors,
            **({"http_5xx_percent": lambda: self._number(1, 100)} if kind == "web" else {}),
            **({"queue_age_seconds": lambda: self._number(1, 86_400)} if queue else {}),
        )
