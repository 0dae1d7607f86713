output "alb_url" {
  description = "URL of the web services"
  value       = "https://${aws_lb.main.dns_name}"
}

output "aws_region" {
  description = "AWS region"
  value       = "eu-central-1"
}

output "cluster_name" {
  description = "Name of the ECS cluster"
  value       = aws_ecs_cluster.web_cluster.name
}

output "ecr_urls" {
  description = "URLs of the ECR repositories that CI pushes to, by service"

  value = {
    api = aws_ecr_repository.api.repository_url
  }
}

output "execution_role_arns" {
  description = "ARNs of the execution roles, by service"

  value = {
    api     = aws_iam_role.api_execution.arn
    broker  = aws_iam_role.broker_execution.arn
    cleanup = aws_iam_role.cleanup_execution.arn
    web     = aws_iam_role.web_execution.arn
    worker  = aws_iam_role.worker_execution.arn
  }
}

output "images" {
  description = "Images that the services run, by service"

  value = {
    api     = "public.ecr.aws/docker/library/python:3.12-slim"
    broker  = "public.ecr.aws/docker/library/rabbitmq:3.13"
    cleanup = "public.ecr.aws/docker/library/python:3.12-slim"
    web     = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:1.4"
    worker  = "public.ecr.aws/docker/library/python:3.12-slim"
  }
}

output "listener_arns" {
  description = "ARNs of the listeners that route to the services, by protocol"

  value = {
    https = aws_lb_listener.https.arn
  }
}

output "load_balancer_arn" {
  description = "ARN of the load balancer of the web services"
  value       = aws_lb.main.arn
}

output "log_group_names" {
  description = "Names of the log groups, by service"

  value = {
    api     = aws_cloudwatch_log_group.api.name
    broker  = aws_cloudwatch_log_group.broker.name
    cleanup = aws_cloudwatch_log_group.cleanup.name
    web     = aws_cloudwatch_log_group.web.name
    worker  = aws_cloudwatch_log_group.worker.name
  }
}

output "nlb_dns_name" {
  description = "DNS name of the network load balancer"
  value       = aws_lb.network.dns_name
}

output "private_subnet_ids" {
  description = "IDs of the private subnets"
  value       = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]
}

output "protected" {
  description = "Whether the environment is protected"
  value       = true
}

output "public_subnet_ids" {
  description = "IDs of the public subnets"
  value       = [aws_subnet.public_0.id, aws_subnet.public_1.id, aws_subnet.public_2.id]
}

output "queue_arns" {
  description = "ARNs of the queues, by worker"

  value = {
    worker = aws_sqs_queue.worker_queue.arn
  }
}

output "queue_urls" {
  description = "URLs of the queues, by worker"

  value = {
    worker = aws_sqs_queue.worker_queue.url
  }
}

output "resources" {
  description = "Names, ARNs and addresses of the resources, by name"

  value = {
    events = {
      name = aws_sns_topic.events.name
      arn  = aws_sns_topic.events.arn
    }
    sessions = {
      name = aws_dynamodb_table.sessions.name
      arn  = aws_dynamodb_table.sessions.arn
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
    api     = aws_security_group.api_tasks.id
    broker  = aws_security_group.broker_tasks.id
    cleanup = aws_security_group.cleanup_tasks.id
    web     = aws_security_group.web_tasks.id
    worker  = aws_security_group.worker_tasks.id
  }
}

output "service_names" {
  description = "Names of the ECS services, by service in the project file"

  value = {
    api    = aws_ecs_service.api.name
    broker = aws_ecs_service.broker.name
    web    = aws_ecs_service.web.name
    worker = aws_ecs_service.worker.name
  }
}

output "task_definition_paths" {
  description = "Paths of the task definitions for CI, relative to this folder"

  value = {
    api     = "task-definitions/prod/api.latest.json"
    broker  = "task-definitions/prod/broker.latest.json"
    cleanup = "task-definitions/prod/cleanup.latest.json"
    web     = "task-definitions/prod/web.latest.json"
    worker  = "task-definitions/prod/worker.latest.json"
  }
}

output "task_role_arns" {
  description = "ARNs of the task roles, by service"

  value = {
    api     = aws_iam_role.api_task.arn
    broker  = aws_iam_role.broker_task.arn
    cleanup = aws_iam_role.cleanup_task.arn
    web     = aws_iam_role.web_task.arn
    worker  = aws_iam_role.worker_task.arn
  }
}

output "vpc_id" {
  description = "ID of the VPC"
  value       = aws_vpc.main.id
}
