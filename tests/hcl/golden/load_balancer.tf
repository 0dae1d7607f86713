resource "aws_lb" "main" {
  name               = "shop-prod"
  load_balancer_type = "application"
  security_groups    = [aws_security_group.load_balancer.id]
  subnets            = [aws_subnet.public_0.id, aws_subnet.public_1.id]

  access_logs {
    bucket  = aws_s3_bucket.logs.id
    enabled = true
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.main.arn
  port              = 80

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "nothing \"here\"\n100%%{sure} $${really} C:\\temp é\t☕"
      status_code  = "404"
    }
  }
}

resource "aws_s3_bucket" "logs" {
  bucket        = "shop-prod-logs"
  force_destroy = true

  tags = {
    Name = "logs"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "expire"
    status = "Enabled"

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    expiration {
      days = 90
    }

    filter {
      prefix = ""
    }
  }
}

resource "aws_security_group" "load_balancer" {
  description = "The load balancer"
  vpc_id      = aws_vpc.main.id
}

resource "aws_wafv2_web_acl" "main" {
  provider = aws

  name  = "shop-prod"
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type = "IP"
        limit              = 2000
      }
    }

    visibility_config {
      metric_name                = "shop-prod"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "common"
    priority = 1

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesCommonRuleSet"
        vendor_name = "AWS"

        rule_action_override {
          name = "SizeRestrictions_BODY"

          action_to_use {
            count {}
          }
        }
      }
    }

    visibility_config {
      metric_name                = "shop-prod"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    metric_name                = "shop-prod"
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = true
  }
}
