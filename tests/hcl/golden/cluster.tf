resource "aws_ecs_cluster" "main" {
  name = "shop-prod"

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}
