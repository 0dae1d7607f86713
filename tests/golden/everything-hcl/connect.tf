resource "aws_service_discovery_http_namespace" "main" {
  name        = "everything-prod"
  description = "Service Connect of everything-prod"

  tags = {
    Name = "everything-prod"
  }

  lifecycle {
    create_before_destroy = true
  }
}
