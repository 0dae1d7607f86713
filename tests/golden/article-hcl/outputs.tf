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

output "execution_role_arns" {
  description = "ARNs of the execution roles, by service"

  value = {
    web = aws_iam_role.web_execution.arn
  }
}

output "images" {
  description = "Images that the services run, by service"

  value = {
    web = "nginx:latest"
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
    web = aws_cloudwatch_log_group.web.name
  }
}

output "private_subnet_ids" {
  description = "IDs of the private subnets"
  value       = [aws_subnet.private_0.id, aws_subnet.private_1.id]
}

output "protected" {
  description = "Whether the environment is protected"
  value       = false
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

output "security_group_ids" {
  description = "IDs of the security groups of the tasks, by service"

  value = {
    web = aws_security_group.web_tasks.id
  }
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

output "task_role_arns" {
  description = "ARNs of the task roles, by service"

  value = {
    web = aws_iam_role.web_task.arn
  }
}

output "vpc_id" {
  description = "ID of the VPC"
  value       = aws_vpc.main.id
}
