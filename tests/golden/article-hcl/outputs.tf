output "alb_url" {
  description = "URL of the web services"
  value       = "http://${aws_lb.main.dns_name}"
}

output "aws_region" {
  description = "AWS region"
  value       = "us-east-1"
}

output "cluster_name" {
  description = "Name of the ECS cluster"
  value       = aws_ecs_cluster.web_cluster.name
}

output "ecr_urls" {
  description = "URLs of the ECR repositories that CI pushes to, by service"
  value       = {}
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

output "protected" {
  description = "Whether the environment is protected"
  value       = false
}

output "service_names" {
  description = "Names of the ECS services, by service in the project file"

  value = {
    web = aws_ecs_service.web.name
  }
}

output "task_definition_paths" {
  description = "Paths of the task definitions for CI, relative to this folder"

  value = {
    web = "task-definitions/prod/web.latest.json"
  }
}
