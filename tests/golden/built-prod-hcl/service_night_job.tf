variable "night_job_image" {
  type        = string
  description = "The image of night-job. ecsforge passes the one that is deployed, or the one that runs."
  default     = ""
}

locals {
  night_job_task = {
    name               = "night-job"
    family             = "night-job-built-prod"
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-west-1"
    cpu_architecture   = "ARM64"
    ecs_execution_role = aws_iam_role.night_job_execution.arn
    ecs_task_role      = aws_iam_role.night_job_task.arn
    env                = "prod"
    environment        = []
    image              = var.night_job_image
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.night_job.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    port_mappings      = []
    project_id         = "built"
    secrets            = []
    sidecars           = []
    task_options       = {}
    container_options  = { stopTimeout = 30 }
  }

  night_job_task_definition = templatefile(
    "${path.module}/templates/service.json.tpl",
    local.night_job_task
  )
}

resource "aws_cloudwatch_log_group" "night_job" {
  name              = "/aws/ecs/built-prod/night-job"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/built-prod/night-job"
  }
}

resource "aws_security_group" "night_job_tasks" {
  name        = "night-job-built-prod"
  description = "Tasks of night-job"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "night-job-built-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "night_job_tasks_open" {
  description       = "Everything: egress is open"
  security_group_id = aws_security_group.night_job_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_iam_role" "night_job_execution" {
  name        = "built-prod-night-job-execution"
  description = "Starts the tasks of night-job of built-prod"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:eu-west-1:${data.aws_caller_identity.current.account_id}:*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "built-prod-night-job-execution"
  }
}

resource "aws_iam_role" "night_job_task" {
  name        = "built-prod-night-job-task"
  description = "What the containers may do in the tasks of night-job of built-prod"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:eu-west-1:${data.aws_caller_identity.current.account_id}:*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "built-prod-night-job-task"
  }
}

resource "aws_iam_role_policy" "night_job_execution" {
  name = "permissions"
  role = aws_iam_role.night_job_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.night_job.arn}:*"]
      },
      {
        Sid      = "RegistryToken"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid    = "PullImages"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer",
        ]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ecr:eu-central-1:210987654321:repository/built/night-job",
        ]
      },
    ]
  })
}

# For CI pipelines: the input of `aws ecs register-task-definition --cli-input-json`.
resource "local_file" "night_job_task_definition" {
  filename             = "${path.module}/task-definitions/prod/night-job.latest.json"
  content              = local.night_job_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the whole task definition; only its container definitions are used here.
resource "aws_ecs_task_definition" "night_job" {
  family                   = "night-job-built-prod"
  cpu                      = "512"
  memory                   = "1024"
  execution_role_arn       = aws_iam_role.night_job_execution.arn
  network_mode             = "awsvpc"
  skip_destroy             = true
  task_role_arn            = aws_iam_role.night_job_task.arn
  requires_compatibilities = ["FARGATE"]

  container_definitions = jsonencode(jsondecode(
    local.night_job_task_definition
  ).containerDefinitions)

  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "night-job-built-prod"
  }

  lifecycle {
    precondition {
      condition     = var.night_job_image != ""
      error_message = "night-job has no image; run ecsforge deploy --build, or pass -var night_job_image=IMAGE"
    }
  }
}

resource "aws_sqs_queue" "night_job_dead_letters" {
  name                      = "built-prod-night-job-dead_letters"
  kms_master_key_id         = aws_kms_key.main.arn
  message_retention_seconds = 1209600

  tags = {
    Name = "built-prod-night-job-dead_letters"
  }
}

resource "aws_sqs_queue_policy" "night_job_dead_letters" {
  queue_url = aws_sqs_queue.night_job_dead_letters.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Resource  = [aws_sqs_queue.night_job_dead_letters.arn]
      Condition = {
        Bool = { "aws:SecureTransport" = "false" }
      }
    }]
  })
}

resource "aws_iam_role" "night_job_schedule" {
  name        = "built-prod-night-job-schedule"
  description = "Starts job night-job of built-prod on its schedule"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:scheduler:eu-west-1:${data.aws_caller_identity.current.account_id}:schedule-group/default"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "built-prod-night-job-schedule"
  }
}

resource "aws_iam_role_policy" "night_job_schedule" {
  name = "permissions"
  role = aws_iam_role.night_job_schedule.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "RunJob"
        Effect = "Allow"
        Action = ["ecs:RunTask"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ecs:eu-west-1:${data.aws_caller_identity.current.account_id}:task-definition/night-job-built-prod:*",
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
          "arn:${data.aws_partition.current.partition}:ecs:eu-west-1:${data.aws_caller_identity.current.account_id}:task/web-cluster-built-prod/*",
        ]
        Condition = {
          StringEquals = { "ecs:CreateAction" = "RunTask" }
        }
      },
      {
        Sid      = "PassRoles"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = [aws_iam_role.night_job_execution.arn, aws_iam_role.night_job_task.arn]
        Condition = {
          StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" }
        }
      },
      {
        Sid      = "KeepFailures"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.night_job_dead_letters.arn]
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

resource "aws_scheduler_schedule" "night_job" {
  name                         = "built-prod-night-job"
  description                  = "Runs job night-job of built-prod"
  kms_key_arn                  = aws_kms_key.main.arn
  schedule_expression          = "rate(1 day)"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.web_cluster.arn
    role_arn = aws_iam_role.night_job_schedule.arn

    dead_letter_config {
      arn = aws_sqs_queue.night_job_dead_letters.arn
    }

    ecs_parameters {
      enable_ecs_managed_tags = true
      enable_execute_command  = false
      propagate_tags          = "TASK_DEFINITION"
      task_count              = 1
      task_definition_arn     = aws_ecs_task_definition.night_job.arn

      capacity_provider_strategy {
        capacity_provider = "FARGATE"
        base              = 0
        weight            = 1
      }

      network_configuration {
        assign_public_ip = false
        security_groups  = [aws_security_group.night_job_tasks.id]
        subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id]
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 2
    }
  }

  depends_on = [
    aws_iam_role_policy.night_job_schedule,
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_iam_role_policy.night_job_execution,
    aws_vpc_security_group_egress_rule.night_job_tasks_open,
    aws_route.private_0,
    aws_route.private_1,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_vpc_endpoint.s3,
  ]
}
