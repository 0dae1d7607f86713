"""Well-known images: data stores and development tools, which are not deployed, proxies, and ports of base images.

An image is recognized by the last part of its name, so that it doesn't matter who publishes it: `bitnami/postgresql`
and `registry.example.com/mirror/postgres` are PostgreSQL, `postgrest/postgrest` and `oliver006/redis_exporter` are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Parts of a name after which an image is still the same product.
_VARIANT = (
    r"(?:[-_.]?(?:alpine|bookworm|cluster|sentinel|repmgr|sharded|server|ha|stack|single|community|oss|standalone|kraft"
    r"|primary|replica|master|slave|jammy|enterprise|ee|ce|free|xe|lite|arm64|amd64|v?\d+))*"
)
_STORES: Mapping[str, str] = {
    r"postgres(?:ql)?|postgis|pgvector|pgvecto-rs|timescaledb|timescale|citus|spilo|cockroach|yugabyte|paradedb|supabase"
    r"|edgedb|gel": "Amazon Aurora or RDS for PostgreSQL",
    r"mysql|mariadb|mariadb-galera|percona|percona-xtradb|tidb|vitess": "Amazon Aurora or RDS for MySQL",
    r"mssql|azure-sql-edge|sqlserver": "Amazon RDS for SQL Server",
    r"oracle|oracle-(?:xe|free|database)|oracledb": "Amazon RDS for Oracle",
    r"db2": "Amazon RDS for Db2",
    r"mongo|mongodb|ferretdb|mongodb-atlas-local|percona-server-mongodb|couchdb|couchbase|arangodb|ravendb|rethinkdb"
    r"|surrealdb": "Amazon DocumentDB or DynamoDB",
    r"redis|redismod|redisearch|rejson|redisgraph|redistimeseries|valkey|keydb|dragonfly|dragonflydb|garnet|redict"
    r"|memcached|hazelcast": "Amazon ElastiCache",
    r"rabbitmq|activemq|artemis|activemq-(?:artemis|classic)|emqx|hivemq|eclipse-mosquitto|mosquitto"
    r"|vernemq": "Amazon MQ or SQS",
    r"nats|nats-streaming|nsq|beanstalkd|gearmand|pulsar": "Amazon SQS or SNS",
    r"elasticmq|alpine-sqs|goaws": "Amazon SQS",
    r"kafka|cp-kafka|cp-server|cp-enterprise-kafka|zookeeper|cp-zookeeper|redpanda|schema-registry|cp-schema-registry"
    r"|fast-data-dev": "Amazon MSK",
    r"elasticsearch|opensearch|solr|meilisearch|typesense|manticore|sonic": "Amazon OpenSearch Service",
    r"qdrant|weaviate|milvus|chroma|chromadb|vespa": "Amazon OpenSearch Service or Aurora with pgvector",
    r"neo4j|janusgraph|dgraph|memgraph|nebula-graphd|falkordb": "Amazon Neptune",
    r"cassandra|scylla|scylladb": "Amazon Keyspaces",
    r"dynamodb-local": "Amazon DynamoDB",
    r"minio|seaweedfs|garage|azurite|fake-gcs-server|rustfs|zenko|s3mock|s3ninja": "Amazon S3",
    r"clickhouse|druid|trino|presto|vertica|duckdb": "Amazon Redshift or Athena",
    r"influxdb|questdb|victoria-metrics|prometheus|graphite-statsd|graphite": "Amazon Timestream or Managed Prometheus",
    r"eventstore|eventstoredb|kurrentdb|immudb": "Amazon DynamoDB",
    r"etcd|consul": "Service Connect and AWS Systems Manager",
    r"vault|openbao": "AWS Secrets Manager",
    r"firebird|sybase|hsqldb|h2": "Amazon RDS",
    r"sftp|atmoz-sftp|vsftpd|nfs-server|samba": "Amazon EFS or AWS Transfer Family",
}
_RESOURCES: Mapping[str, str] = {
    r"postgres(?:ql)?|postgis|pgvector": "{type: postgres, instance: db.t4g.micro}",
    r"mysql|mariadb|percona": "{type: mysql, instance: db.t4g.micro}",
    r"redis|valkey|keydb|dragonfly|dragonflydb": "{type: valkey}",
    r"dynamodb-local": "{type: table, key: {id: S}}",
    r"minio|s3mock|s3ninja": "{type: bucket}",
}
_TOOLS: Mapping[str, str] = {
    r"mailhog|maildev|mailpit|mailcatcher|inbucket|smtp4dev|fake-smtp-server|papercut-smtp|greenmail|sendria|mailslurper"
    r"|mailtrap|docker-mailhog|docker-mailcatcher": "a development tool; Amazon SES sends mail",
    r"localstack|localstack-pro|moto|motoserver|minio/mc|dynamodb-admin|ministack": "a development tool; use AWS",
    r"pgadmin4?|pgweb|adminer|phpmyadmin|phppgadmin|phpredisadmin|mongo-express|mongoku|redis-?commander|redis-?insight"
    r"|redis-?browser|cloudbeaver|dbgate|sqlpad|sqlitebrowser|kafka-ui|akhq|kafdrop|cmak|kafka-manager|kowl|redpandadata/console"
    r"|kafka-rest|conduktor-console|dejavu|cerebro|elasticvue|elasticsearch-head|kibana|opensearch-dashboards|nosqlclient"
    r"|flower|bull-board|portainer|portainer-agent|dozzle|watchtower|autoheal|docker-autoheal|yacht|dockge|ouroboros"
    r"|docker-socket-proxy|cadvisor|node-exporter|swagger-ui|swagger-editor|wiremock|mockserver|mock-server|mountebank"
    r"|stripe-mock|stripe-cli|ngrok|localtunnel|browser-?sync|chromium|standalone-chrome|standalone-firefox"
    r"|standalone-chromium|selenium-hub|node-chrome|node-firefox|cypress/included|playwright|dockerize"
    r"|wait-for-dependencies|docker-compose-wait|attu|prisma-studio|memcached-admin|oauth2-mock|mock-oauth2-server"
    r"|firebase-emulators?|livereload": "a development tool",
    r"certbot|acme-companion|letsencrypt|docker-letsencrypt-nginx-proxy-companion|letsencrypt-nginx-proxy-companion"
    r"|neilpang/acme\.sh|mkcert|cloudflared": "the load balancer and ACM replace it",
    r"docker-gen|docker-proxy|nginx-proxy": "the load balancer replaces it",
    r"(?:[\w]+-)?(?:postgres|pg|mysql|mariadb|mongo|db)(?:[\w-]*)backup(?:[\w-]*)": "managed databases have backups",
}
_PROXIES = (
    r"nginx|nginx-unprivileged|openresty|caddy|traefik|haproxy|envoy|kong|httpd|apache|apisix|tyk-gateway|varnish"
)
_PROXY_NAMES = re.compile(
    r"(?:^|[-_])(?:proxy|nginx|gateway|ingress|traefik|caddy|haproxy|envoy|edge|router|lb)(?:$|[-_])"
)
# The port that an official image exposes, with the condition that its tag meets.
_BASE_PORTS: tuple[tuple[str, str, int], ...] = (
    (r"nginx|httpd|caddy|wordpress|openresty|traefik|haproxy|drupal|joomla|nextcloud|matomo|mediawiki", "", 80),
    (r"php", r".*apache.*", 80),
    (r"php", r".*fpm.*", 9000),
    (r"nginx-unprivileged|tomcat|jetty|open-?liberty|wildfly|keycloak|jenkins", "", 8080),
    (r"aspnet", r"[1-7]\..*", 80),
    (r"aspnet|dotnet-monitor", "", 8080),
    (r"ghost", "", 2368),
    (r"grafana|grafana-oss|metabase|strapi", "", 3000),
    (r"n8n", "", 5678),
    (r"hasura|graphql-engine", "", 8080),
    (r"postgrest", "", 3000),
    (r"frankenphp", "", 80),
)
_HEAVY = re.compile(
    r"openjdk|temurin|corretto|tomcat|jetty|liberty|wildfly|zulu|jdk|jre|java|graalvm|keycloak|metabase"
)
_IMAGE = re.compile(r"(?:(?P<path>.*)/)?(?P<name>[^/:@]+)(?::(?P<tag>[^@]*))?(?:@.*)?")


def replacement(image: str) -> str | None:
    """The managed service that replaces a data store; None if the image is not a data store."""
    return _matching(_STORES, image, _VARIANT)


def resource(image: str) -> str | None:
    """The entry of `resources` that replaces a data store, as YAML; None if there is none."""
    return _matching(_RESOURCES, image, _VARIANT)


def tool(image: str) -> str | None:
    """Why an image for development is not deployed; None for any other image."""
    return _matching(_TOOLS, image, r"(?:-(?:ce|ee|alpine|server|web|ui))?")


def is_proxy(name: str, image: str) -> bool:
    """Whether a service passes requests on to others, from its image or its name."""
    return re.fullmatch(_PROXIES, _parts(image)[0]) is not None or _PROXY_NAMES.search(name.lower()) is not None


def base_port(image: str) -> int | None:
    """The port that a well-known base image exposes."""
    name, tag = _parts(image)
    return next(
        (
            port
            for names, tags, port in _BASE_PORTS
            if re.fullmatch(names, name) and (not tags or re.fullmatch(tags, tag))
        ),
        None,
    )


def is_heavy(image: str) -> bool:
    """Whether programs on a base image, such as Java's, need more than half a GiB of memory."""
    return _HEAVY.search(image.lower()) is not None


def _matching(table: Mapping[str, str], image: str, variant: str) -> str | None:
    name, _ = _parts(image)
    organization = re.sub(r".*/", "", image.lower().rpartition("/")[0])
    names = (name, f"{organization}/{name}", organization if name in _GENERIC else "")
    return next((text for pattern, text in table.items() for each in names if _is(pattern, each, variant)), None)


# Names that say nothing without the organization: mcr.microsoft.com/mssql/server, oracle/database.
_GENERIC = frozenset({"server", "database", "db"})


def _is(pattern: str, name: str, variant: str) -> bool:
    return re.fullmatch(rf"(?:{pattern}){variant}", name) is not None


def _parts(image: str) -> tuple[str, str]:
    """The last part of an image's name, and its tag, in lower case."""
    found = _IMAGE.fullmatch(image.strip().lower())
    return (found["name"], found["tag"] or "") if found else ("", "")
