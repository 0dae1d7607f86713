variable "worker_force_new_deployment" {
  type        = bool
  description = "Whether the next change restarts all tasks of worker. If false, Terraform replaces the service when its capacity changes."
  default     = false
}

locals {
  worker_task = {
    name               = "worker"
    family             = "worker-everything-prod"
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-central-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.worker_execution.arn
    ecs_task_role      = aws_iam_role.worker_task.arn
    env                = "prod"
    image              = "public.ecr.aws/docker/library/python:3.12-slim"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.worker.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    port_mappings      = []
    project_id         = "everything"
    secrets            = []
    task_options       = {}
    container_options = {
      stopTimeout = 30
      logConfiguration = {
        logDriver = "awsfirelens"
        options = {
          Name = "datadog"
          Host = "http-intake.logs.datadoghq.eu"
          TLS  = "on"
        }
        secretOptions = [{
          name      = "apikey"
          valueFrom = "arn:${data.aws_partition.current.partition}:secretsmanager:eu-central-1:${data.aws_caller_identity.current.account_id}:secret:everything/datadog:apikey::"
        }]
      }
    }
    environment = [{ name = "QUEUE_URL", value = aws_sqs_queue.worker_queue.url }]
    sidecars = [{
      name      = "log-router"
      essential = true
      image     = "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"
      user      = "0"
      firelensConfiguration = {
        type    = "fluentbit"
        options = { enable-ecs-log-metadata = "true" }
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.worker.name
          awslogs-region        = "eu-central-1"
          awslogs-stream-prefix = "ecs"
        }
      }
    }]
  }

  worker_task_definition = templatefile(
    "${path.module}/templates/service.json.tpl",
    local.worker_task
  )
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/aws/ecs/everything-prod/worker"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/everything-prod/worker"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "worker_tasks" {
  name        = "worker-everything-prod"
  description = "Tasks of worker"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "worker-everything-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "worker_tasks_443_anywhere" {
  description       = "Port 443 of 0.0.0.0/0"
  security_group_id = aws_security_group.worker_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_sqs_queue" "worker_dead_letters" {
  name                      = "everything-prod-worker-dead_letters.fifo"
  fifo_queue                = true
  kms_master_key_id         = aws_kms_key.main.arn
  message_retention_seconds = 1209600

  tags = {
    Name = "everything-prod-worker-dead_letters.fifo"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_sqs_queue_policy" "worker_dead_letters" {
  queue_url = aws_sqs_queue.worker_dead_letters.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Resource  = [aws_sqs_queue.worker_dead_letters.arn]
      Condition = {
        Bool = { "aws:SecureTransport" = "false" }
      }
    }]
  })
}

resource "aws_sqs_queue" "worker_queue" {
  name                       = "everything-prod-worker.fifo"
  fifo_queue                 = true
  kms_master_key_id          = aws_kms_key.main.arn
  visibility_timeout_seconds = 60

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.worker_dead_letters.arn
    maxReceiveCount     = 3
  })

  tags = {
    Name = "everything-prod-worker.fifo"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_sqs_queue_policy" "worker_queue" {
  queue_url = aws_sqs_queue.worker_queue.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "sqs:*"
        Resource  = [aws_sqs_queue.worker_queue.arn]
        Condition = {
          Bool = { "aws:SecureTransport" = "false" }
        }
      },
      {
        Sid       = "Topics"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.worker_queue.arn
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = [
              aws_sns_topic.events.arn,
              "arn:aws:sns:eu-central-1:123456789012:audit.fifo",
              "arn:aws:sns:eu-central-1:123456789012:orders.fifo",
            ]
          }
        }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "worker_audit_fifo_653baee5" {
  topic_arn = "arn:aws:sns:eu-central-1:123456789012:audit.fifo"
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.worker_queue.arn

  depends_on = [aws_sqs_queue_policy.worker_queue]
}

resource "aws_sns_topic_subscription" "worker_orders_fifo_6bc92e9c" {
  topic_arn            = "arn:aws:sns:eu-central-1:123456789012:orders.fifo"
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.worker_queue.arn
  raw_message_delivery = true

  filter_policy = jsonencode({
    kind  = ["placed", { prefix = "cancel" }]
    price = [{ numeric = [">=", 100] }]
  })

  depends_on = [aws_sqs_queue_policy.worker_queue]
}

resource "aws_sns_topic_subscription" "worker_events" {
  topic_arn = aws_sns_topic.events.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.worker_queue.arn

  depends_on = [aws_sqs_queue_policy.worker_queue]
}

resource "aws_iam_role" "worker_execution" {
  name                 = "everything-prod-worker-execution"
  description          = "Starts the tasks of worker of everything-prod"
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
    Name = "everything-prod-worker-execution"
  }
}

resource "aws_iam_role" "worker_task" {
  name                 = "everything-prod-worker-task"
  description          = "What the containers may do in the tasks of worker of everything-prod"
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
    Name = "everything-prod-worker-task"
  }
}

resource "aws_iam_role_policy" "worker_execution" {
  name = "permissions"
  role = aws_iam_role.worker_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.worker.arn}:*"]
      },
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:secretsmanager:eu-central-1:${data.aws_caller_identity.current.account_id}:secret:everything/datadog-??????",
        ]
      },
    ]
  })
}

resource "aws_iam_role_policy" "worker_task" {
  name = "permissions"
  role = aws_iam_role.worker_task.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ConsumeQueue"
        Effect = "Allow"
        Action = [
          "sqs:ChangeMessageVisibility",
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:GetQueueUrl",
          "sqs:ReceiveMessage",
        ]
        Resource = [aws_sqs_queue.worker_queue.arn]
      },
      {
        Sid      = "DecryptQueue"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = [aws_kms_key.main.arn]
        Condition = {
          StringEquals = { "kms:ViaService" = "sqs.eu-central-1.amazonaws.com" }
        }
      },
    ]
  })
}

# For CI pipelines: the input of `aws ecs register-task-definition --cli-input-json`.
resource "local_file" "worker_task_definition" {
  filename             = "${path.module}/task-definitions/prod/worker.latest.json"
  content              = local.worker_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the whole task definition; only its container definitions are used here.
resource "aws_ecs_task_definition" "worker" {
  family                   = "worker-everything-prod"
  cpu                      = "512"
  memory                   = "1024"
  container_definitions    = jsonencode(jsondecode(local.worker_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.worker_execution.arn
  network_mode             = "awsvpc"
  skip_destroy             = true
  task_role_arn            = aws_iam_role.worker_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "worker-everything-prod"
  }
}

# Without force_new_deployment, a change of the capacity provider strategy replaces the service.
# Autoscaling manages desired_count. The first tasks need what is in depends_on.
resource "aws_ecs_service" "worker" {
  name                               = "worker-service-everything-prod"
  cluster                            = aws_ecs_cluster.web_cluster.arn
  task_definition                    = aws_ecs_task_definition.worker.arn
  desired_count                      = 1
  availability_zone_rebalancing      = "ENABLED"
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
  enable_ecs_managed_tags            = true
  enable_execute_command             = false
  force_new_deployment               = var.worker_force_new_deployment
  platform_version                   = "LATEST"
  propagate_tags                     = "SERVICE"

  alarms {
    enable      = false
    rollback    = false
    alarm_names = [aws_cloudwatch_metric_alarm.worker_queue_age_seconds.alarm_name]
  }

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = 0
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.worker_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]
  }

  tags = {
    Name = "worker-service-everything-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_iam_role_policy.worker_execution,
    aws_iam_role_policy.worker_task,
    aws_vpc_security_group_egress_rule.worker_tasks_443_anywhere,
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

  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "worker" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.web_cluster.name}/${aws_ecs_service.worker.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = 4
}

# Each running task reports CPU utilization once a minute, so the sample count is the task count.
resource "aws_appautoscaling_policy" "worker_queue" {
  name               = "worker-everything-prod-queue"
  service_namespace  = aws_appautoscaling_target.worker.service_namespace
  resource_id        = aws_appautoscaling_target.worker.resource_id
  scalable_dimension = aws_appautoscaling_target.worker.scalable_dimension
  policy_type        = "TargetTrackingScaling"

  target_tracking_scaling_policy_configuration {
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    target_value       = 50

    customized_metric_specification {
      metrics {
        id          = "backlog"
        expression  = "IF(FILL(tasks, 0) > 0, messages / tasks, messages)"
        label       = "Messages per task"
        return_data = true
      }

      metrics {
        id          = "messages"
        return_data = false

        metric_stat {
          stat = "Sum"

          metric {
            metric_name = "ApproximateNumberOfMessagesVisible"
            namespace   = "AWS/SQS"

            dimensions {
              name  = "QueueName"
              value = aws_sqs_queue.worker_queue.name
            }
          }
        }
      }

      metrics {
        id          = "tasks"
        return_data = false

        metric_stat {
          stat = "SampleCount"

          metric {
            metric_name = "CPUUtilization"
            namespace   = "AWS/ECS"

            dimensions {
              name  = "ClusterName"
              value = aws_ecs_cluster.web_cluster.name
            }

            dimensions {
              name  = "ServiceName"
              value = aws_ecs_service.worker.name
            }
          }
        }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "worker_queue_age_seconds" {
  alarm_name          = "everything-prod-worker-queue-age-seconds"
  alarm_description   = "worker of everything-prod: the oldest message is older than 600 seconds"
  metric_name         = "ApproximateAgeOfOldestMessage"
  namespace           = "AWS/SQS"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 600
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  dimensions = {
    QueueName = aws_sqs_queue.worker_queue.name
  }
}
