resource "aws_elasticache_subnet_group" "redis" {
  name        = "shop-prod-redis"
  description = "Subnets of redis in shop-prod"
  subnet_ids  = [aws_subnet.private_0.id, aws_subnet.private_1.id]

  tags = {
    Name = "shop-prod-redis"
  }
}

resource "aws_security_group" "redis_store" {
  name        = "stores-shop-prod/redis"
  description = "Clients of the cache redis"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "stores-shop-prod/redis"
  }
}

resource "aws_elasticache_replication_group" "redis" {
  description                = "redis of shop-prod"
  port                       = 6379
  apply_immediately          = true
  at_rest_encryption_enabled = true
  auto_minor_version_upgrade = true
  automatic_failover_enabled = true
  engine                     = "valkey"
  engine_version             = "8.0"
  kms_key_id                 = aws_kms_key.main.arn
  multi_az_enabled           = true
  node_type                  = "cache.m7g.large"
  num_cache_clusters         = 2
  replication_group_id       = "shop-prod-redis"
  subnet_group_name          = aws_elasticache_subnet_group.redis.name
  transit_encryption_enabled = true
  security_group_ids         = [aws_security_group.redis_store.id]

  tags = {
    Name = "shop-prod-redis"
  }

  lifecycle {
    ignore_changes  = [engine_version]
    prevent_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "redis_store_from_web" {
  description                  = "Tasks of web"
  security_group_id            = aws_security_group.redis_store.id
  referenced_security_group_id = aws_security_group.web_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_vpc_security_group_ingress_rule" "redis_store_from_sidekiq" {
  description                  = "Tasks of sidekiq"
  security_group_id            = aws_security_group.redis_store.id
  referenced_security_group_id = aws_security_group.sidekiq_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}
