locals {
  cleanup_task = {
    name               = "cleanup"
    family             = "cleanup-everything-prod"
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-central-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.cleanup_execution.arn
    ecs_task_role      = aws_iam_role.cleanup_task.arn
    env                = "prod"
    environment        = []
    image              = "public.ecr.aws/docker/library/python:3.12-slim"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.cleanup.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    port_mappings      = []
    project_id         = "everything"
    secrets            = []
    sidecars           = []
    task_options       = {}
    container_options  = { stopTimeout = 30 }
  }

  cleanup_task_definition = templatefile(
    "${path.module}/templates/service.json.tpl",
    local.cleanup_task
  )
}

resource "aws_cloudwatch_log_group" "cleanup" {
  name              = "/aws/ecs/everything-prod/cleanup"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/everything-prod/cleanup"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "cleanup_tasks" {
  name        = "cleanup-everything-prod"
  description = "Tasks of cleanup"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "cleanup-everything-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "cleanup_tasks_open" {
  description       = "Everything: egress is open"
  security_group_id = aws_security_group.cleanup_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_iam_role" "cleanup_execution" {
  name                 = "everything-prod-cleanup-execution"
  description          = "Starts the tasks of cleanup of everything-prod"
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:eu-central-1:${data.aws_caller_identity.current.account_id}:*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "everything-prod-cleanup-execution"
  }
}

resource "aws_iam_role" "cleanup_task" {
  name                 = "everything-prod-cleanup-task"
  description          = "What the containers may do in the tasks of cleanup of everything-prod"
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:eu-central-1:${data.aws_caller_identity.current.account_id}:*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "everything-prod-cleanup-task"
  }
}

resource "aws_iam_role_policy" "cleanup_execution" {
  name = "permissions"
  role = aws_iam_role.cleanup_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.cleanup.arn}:*"]
    }]
  })
}

resource "aws_iam_role_policy" "cleanup_task" {
  name = "permissions"
  role = aws_iam_role.cleanup_task.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Use1Objects"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${aws_s3_bucket.uploads.arn}/*"]
      },
      {
        Sid      = "Use1List"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [aws_s3_bucket.uploads.arn]
      },
      {
        Sid      = "Use1Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = [aws_kms_key.main.arn]
        Condition = {
          StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" }
        }
      },
    ]
  })
}

# For CI pipelines: the input of `aws ecs register-task-definition --cli-input-json`.
resource "local_file" "cleanup_task_definition" {
  filename             = "${path.module}/task-definitions/prod/cleanup.latest.json"
  content              = local.cleanup_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the whole task definition; only its container definitions are used here.
resource "aws_ecs_task_definition" "cleanup" {
  family                   = "cleanup-everything-prod"
  cpu                      = "512"
  memory                   = "1024"
  container_definitions    = jsonencode(jsondecode(local.cleanup_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.cleanup_execution.arn
  network_mode             = "awsvpc"
  skip_destroy             = true
  task_role_arn            = aws_iam_role.cleanup_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "cleanup-everything-prod"
  }
}

resource "aws_sqs_queue" "cleanup_dead_letters" {
  name                      = "everything-prod-cleanup-dead_letters"
  kms_master_key_id         = aws_kms_key.main.arn
  message_retention_seconds = 1209600

  tags = {
    Name = "everything-prod-cleanup-dead_letters"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_sqs_queue_policy" "cleanup_dead_letters" {
  queue_url = aws_sqs_queue.cleanup_dead_letters.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Resource  = [aws_sqs_queue.cleanup_dead_letters.arn]
      Condition = {
        Bool = { "aws:SecureTransport" = "false" }
      }
    }]
  })
}

resource "aws_iam_role" "cleanup_schedule" {
  name                 = "everything-prod-cleanup-schedule"
  description          = "Starts job cleanup of everything-prod on its schedule"
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:scheduler:eu-central-1:${data.aws_caller_identity.current.account_id}:schedule-group/default"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "everything-prod-cleanup-schedule"
  }
}

resource "aws_iam_role_policy" "cleanup_schedule" {
  name = "permissions"
  role = aws_iam_role.cleanup_schedule.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "RunJob"
        Effect = "Allow"
        Action = ["ecs:RunTask"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ecs:eu-central-1:${data.aws_caller_identity.current.account_id}:task-definition/cleanup-everything-prod:*",
        ]
        Condition = {
          ArnEquals = { "ecs:cluster" = aws_ecs_cluster.web_cluster.arn }
        }
      },
      {
        Sid    = "TagTask"
        Effect = "Allow"
        Action = ["ecs:TagResource"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ecs:eu-central-1:${data.aws_caller_identity.current.account_id}:task/web-cluster-everything-prod/*",
        ]
        Condition = {
          StringEquals = { "ecs:CreateAction" = "RunTask" }
        }
      },
      {
        Sid      = "PassRoles"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = [aws_iam_role.cleanup_execution.arn, aws_iam_role.cleanup_task.arn]
        Condition = {
          StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" }
        }
      },
      {
        Sid      = "KeepFailures"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.cleanup_dead_letters.arn]
      },
      {
        Sid      = "EncryptFailures"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [aws_kms_key.main.arn]
      },
    ]
  })
}

resource "aws_scheduler_schedule" "cleanup" {
  name                         = "everything-prod-cleanup"
  description                  = "Runs job cleanup of everything-prod"
  kms_key_arn                  = aws_kms_key.main.arn
  schedule_expression          = "rate(1 hour)"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.web_cluster.arn
    role_arn = aws_iam_role.cleanup_schedule.arn

    dead_letter_config {
      arn = aws_sqs_queue.cleanup_dead_letters.arn
    }

    ecs_parameters {
      enable_ecs_managed_tags = true
      enable_execute_command  = false
      propagate_tags          = "TASK_DEFINITION"
      task_count              = 1
      task_definition_arn     = aws_ecs_task_definition.cleanup.arn

      capacity_provider_strategy {
        capacity_provider = "FARGATE"
        base              = 0
        weight            = 1
      }

      network_configuration {
        assign_public_ip = false
        security_groups  = [aws_security_group.cleanup_tasks.id]
        subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 2
    }
  }

  depends_on = [
    aws_iam_role_policy.cleanup_schedule,
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_iam_role_policy.cleanup_execution,
    aws_iam_role_policy.cleanup_task,
    aws_vpc_security_group_egress_rule.cleanup_tasks_open,
    aws_route.private_0,
    aws_route.private_1,
    aws_route.private_2,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_route_table_association.private_2,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.ecr_api,
    aws_vpc_endpoint.ecr_dkr,
    aws_vpc_endpoint.logs,
  ]
}
