terraform {
  required_version = ">= 1.5"

  # Merged into the providers of the stack.
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.60"
    }
  }
}

locals {
  name = "${local.ecsforge.project_id}-${local.ecsforge.env}"
}

module "sessions" {
  source = "./modules/table"

  name = "${local.name}-sessions"
}

resource "aws_cloudfront_distribution" "assets" {
  comment = "Assets of ${local.name}"
  enabled = true

  origin {
    domain_name = local.ecsforge.load_balancer.dns_name
    origin_id   = "web"

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "http-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id       = "web"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]

    forwarded_values {
      query_string = true

      cookies {
        forward = "none"
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
