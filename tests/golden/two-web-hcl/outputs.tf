output "alb_url" {
  description = "Where the web services are reached"
  value       = "https://${aws_lb.main.dns_name}"
}

output "aws_region" {
  description = "The region everything stands in"
  value       = "eu-central-1"
}

output "cluster_name" {
  description = "The ECS cluster"
  value       = aws_ecs_cluster.web_cluster.name
}

output "ecr_urls" {
  description = "The repositories that CI pushes to, by service"
  value       = {}
}

output "service_names" {
  description = "The ECS services, by name in the project file"

  value = {
    api  = aws_ecs_service.api.name
    site = aws_ecs_service.site.name
  }
}

output "task_definition_paths" {
  description = "The task definitions for CI, relative to this folder"

  value = {
    api  = "task-definitions/prod/api.latest.json"
    site = "task-definitions/prod/site.latest.json"
  }
}
