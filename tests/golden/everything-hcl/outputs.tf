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

output "nlb_dns_name" {
  description = "DNS name of the network load balancer"
  value       = aws_lb.network.dns_name
}

output "protected" {
  description = "Whether the environment is protected"
  value       = true
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
