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

output "images" {
  description = "Images that the services run, by service"

  value = {
    night-job = var.night_job_image
    other     = "ghcr.io/acme/other:1"
    web       = var.web_image
    worker    = var.worker_image
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

output "protected" {
  description = "Whether the environment is protected"
  value       = false
}

output "service_names" {
  description = "Names of the ECS services, by service in the project file"

  value = {
    other  = aws_ecs_service.other.name
    web    = aws_ecs_service.web.name
    worker = aws_ecs_service.worker.name
  }
}

output "task_definition_paths" {
  description = "Paths of the task definitions for CI, relative to this folder"

  value = {
    night-job = "task-definitions/prod/night-job.latest.json"
    other     = "task-definitions/prod/other.latest.json"
    web       = "task-definitions/prod/web.latest.json"
    worker    = "task-definitions/prod/worker.latest.json"
  }
}
