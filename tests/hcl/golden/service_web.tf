locals {
  web_task = templatefile("${path.module}/service.json.tpl", {
    name = "web"
    environment = [
      { name = "GREETING", value = "say \"hi\" to $${USER}" },
      { name = "PORT", value = "80" },
    ]
    memory = 512
  })
}

resource "aws_appautoscaling_policy" "web_cpu" {
  name               = "web-cpu"
  service_namespace  = aws_appautoscaling_target.web.service_namespace
  resource_id        = aws_appautoscaling_target.web.resource_id
  scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
  policy_type        = "TargetTrackingScaling"

  target_tracking_scaling_policy_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

resource "aws_appautoscaling_target" "web" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.web.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = 4
}

resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = aws_ecs_cluster.main.arn
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 2
  launch_type     = "FARGATE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.tasks.id]
    subnets          = [aws_subnet.public_0.id, aws_subnet.public_1.id]
  }

  service_connect_configuration {
    enabled = true

    log_configuration {
      log_driver = "awslogs"

      options = {
        awslogs-group  = "connect"
        awslogs-region = "eu-west-1"
      }
    }

    service {
      port_name = "web"

      client_alias {
        port     = 80
        dns_name = "web"
      }
    }
  }

  depends_on = [aws_lb_listener.http]

  lifecycle {
    create_before_destroy = false
    ignore_changes        = [desired_count, task_definition]
    replace_triggered_by  = [aws_ecs_cluster.main]

    precondition {
      condition     = aws_lb_listener.http.port == 80
      error_message = "The listener has to listen on 80."
    }
  }
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  cpu                      = "256"
  memory                   = "512"
  container_definitions    = jsonencode(jsondecode(local.web_task).containerDefinitions)
  execution_role_arn       = aws_iam_role.execution.arn
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture = "X86_64"
  }

  volume {
    name = "data"

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.data.id
      transit_encryption = "ENABLED"

      authorization_config {
        iam = "ENABLED"
      }
    }
  }
}

resource "aws_efs_file_system" "data" {
  encrypted = true

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }
}

resource "aws_iam_role" "execution" {
  name = "shop-prod-execution"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "execution" {
  name = "permissions"
  role = aws_iam_role.execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = ["ssm:GetParameters"]
        Resource = "arn:${data.aws_partition.current.partition}:ssm:eu-west-1:123456789012:parameter/shop/*"
      },
      {
        Sid      = "OwnFiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/$${aws:username}/*"]
        Condition = {
          NumericLessThan = { "s3:max-keys" = tostring(aws_lb_listener.http.port) }
          StringEquals    = { "aws:PrincipalTag/team" = ["say \"hi\"", "a\\b"] }
        }
      },
    ]
  })
}

resource "aws_scheduler_schedule" "cleanup" {
  name                = "cleanup"
  schedule_expression = "cron(0 3 * * ? *)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.main.arn
    role_arn = aws_iam_role.execution.arn

    input = jsonencode({
      containerOverrides = [{ name = "web", command = ["clean", "--all"] }]
    })

    ecs_parameters {
      launch_type         = "FARGATE"
      task_definition_arn = aws_ecs_task_definition.web.arn

      network_configuration {
        subnets = [aws_subnet.public_0.id]
      }
    }

    retry_policy {
      maximum_retry_attempts = 2
    }
  }
}

resource "aws_security_group" "tasks" {
  description = "The tasks"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "tasks" {
  for_each = toset(["80", "8080"])

  description                  = "The load balancer"
  security_group_id            = aws_security_group.tasks.id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
}

resource "aws_cloudwatch_metric_alarm" "web_5xx" {
  alarm_name          = "web-5xx"
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5.5

  metric_query {
    id          = "share"
    expression  = "100 * errors / requests"
    label       = "5xx, in percent"
    return_data = true
  }

  metric_query {
    id = "errors"

    metric {
      metric_name = "HTTPCode_Target_5XX_Count"
      namespace   = "AWS/ApplicationELB"
      stat        = "Sum"
      period      = 60

      dimensions = {
        LoadBalancer = aws_lb.main.arn_suffix
      }
    }
  }
}
