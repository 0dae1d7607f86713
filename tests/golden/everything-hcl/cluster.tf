resource "aws_cloudwatch_log_group" "exec" {
  name              = "/aws/ecs/everything-prod/exec"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 365

  tags = {
    Name = "/aws/ecs/everything-prod/exec"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_ecs_cluster" "web_cluster" {
  name = "web-cluster-everything-prod"

  configuration {
    execute_command_configuration {
      kms_key_id = aws_kms_key.main.arn
      logging    = "OVERRIDE"

      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.exec.name
      }
    }
  }

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  tags = {
    Name = "web-cluster-everything-prod"
  }
}

resource "aws_ecs_cluster_capacity_providers" "web_cluster" {
  cluster_name       = aws_ecs_cluster.web_cluster.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}
