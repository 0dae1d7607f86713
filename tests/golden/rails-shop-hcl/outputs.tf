output "alb_url" {
  description = "URL of the web services"
  value       = "http://${aws_lb.main.dns_name}"
}

output "aws_region" {
  description = "AWS region"
  value       = "eu-west-1"
}

output "cluster_name" {
  description = "Name of the ECS cluster"
  value       = aws_ecs_cluster.web_cluster.name
}

output "ecr_urls" {
  description = "URLs of the ECR repositories that CI pushes to, by service"
  value       = {}
}

output "execution_role_arns" {
  description = "ARNs of the execution roles, by service"

  value = {
    sidekiq = aws_iam_role.sidekiq_execution.arn
    web     = aws_iam_role.web_execution.arn
  }
}

output "images" {
  description = "Images that the services run, by service"

  value = {
    sidekiq = "registry.example.com/shop/rails:5.2"
    web     = "registry.example.com/shop/rails:5.2"
  }
}

output "listener_arns" {
  description = "ARNs of the listeners that route to the services, by protocol"

  value = {
    http = aws_lb_listener.http.arn
  }
}

output "load_balancer_arn" {
  description = "ARN of the load balancer of the web services"
  value       = aws_lb.main.arn
}

output "log_group_names" {
  description = "Names of the log groups, by service"

  value = {
    sidekiq = aws_cloudwatch_log_group.sidekiq.name
    web     = aws_cloudwatch_log_group.web.name
  }
}

output "private_subnet_ids" {
  description = "IDs of the private subnets"
  value       = [aws_subnet.private_0.id, aws_subnet.private_1.id]
}

output "protected" {
  description = "Whether the environment is protected"
  value       = true
}

output "public_subnet_ids" {
  description = "IDs of the public subnets"
  value       = [aws_subnet.public_0.id, aws_subnet.public_1.id]
}

output "queue_arns" {
  description = "ARNs of the queues, by worker"
  value       = {}
}

output "queue_urls" {
  description = "URLs of the queues, by worker"
  value       = {}
}

output "resources" {
  description = "Names, ARNs and addresses of the resources, by name"

  value = {
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
}

output "security_group_ids" {
  description = "IDs of the security groups of the tasks, by service"

  value = {
    sidekiq = aws_security_group.sidekiq_tasks.id
    web     = aws_security_group.web_tasks.id
  }
}

output "service_names" {
  description = "Names of the ECS services, by service in the project file"

  value = {
    sidekiq = aws_ecs_service.sidekiq.name
    web     = aws_ecs_service.web.name
  }
}

output "task_definition_paths" {
  description = "Paths of the task definitions for CI, relative to this folder"

  value = {
    sidekiq = "task-definitions/prod/sidekiq.latest.json"
    web     = "task-definitions/prod/web.latest.json"
  }
}

output "task_role_arns" {
  description = "ARNs of the task roles, by service"

  value = {
    sidekiq = aws_iam_role.sidekiq_task.arn
    web     = aws_iam_role.web_task.arn
  }
}

output "vpc_id" {
  description = "ID of the VPC"
  value       = aws_vpc.main.id
}
