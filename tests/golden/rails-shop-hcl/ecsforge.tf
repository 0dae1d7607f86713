locals {
  ecsforge = {
    region      = "eu-west-1"
    vpc_id      = aws_vpc.main.id
    account_id  = data.aws_caller_identity.current.account_id
    cluster_arn = aws_ecs_cluster.web_cluster.arn
    env         = "prod"
    kms_key_arn = aws_kms_key.main.arn
    project_id  = "shop"
    load_balancer = {
      zone_id           = aws_lb.main.zone_id
      security_group_id = aws_security_group.load_balancer.id
      arn               = aws_lb.main.arn
      dns_name          = aws_lb.main.dns_name
      listener_arns     = { http = aws_lb_listener.http.arn }
    }
    private_subnet_ids = [aws_subnet.private_0.id, aws_subnet.private_1.id]
    public_subnet_ids  = [aws_subnet.public_0.id, aws_subnet.public_1.id]
    resources = {
      db = {
        name       = "shop-prod-db"
        port       = aws_rds_cluster.db.port
        arn        = aws_rds_cluster.db.arn
        endpoint   = aws_rds_cluster.db.endpoint
        secret_arn = aws_secretsmanager_secret.db_connection.arn
      }
      redis = {
        name     = "shop-prod-redis"
        port     = "6379"
        arn      = aws_elasticache_replication_group.redis.arn
        endpoint = aws_elasticache_replication_group.redis.primary_endpoint_address
      }
      uploads = {
        name = aws_s3_bucket.uploads.id
        arn  = aws_s3_bucket.uploads.arn
      }
    }
    services = {
      sidekiq = {
        security_group_id   = aws_security_group.sidekiq_tasks.id
        execution_role_name = aws_iam_role.sidekiq_execution.name
        log_group_name      = aws_cloudwatch_log_group.sidekiq.name
        target_group_arn    = null
        task_role_name      = aws_iam_role.sidekiq_task.name
      }
      web = {
        security_group_id   = aws_security_group.web_tasks.id
        execution_role_name = aws_iam_role.web_execution.name
        log_group_name      = aws_cloudwatch_log_group.web.name
        target_group_arn    = aws_lb_target_group.web.arn
        task_role_name      = aws_iam_role.web_task.name
      }
    }
    tags = {
      Environment = "prod"
      ManagedBy   = "ecsforge"
      Project     = "shop"
    }
  }
}
