resource "aws_ecs_cluster" "web_cluster" {
  name = "web-cluster-shop-prod"

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  tags = {
    Name = "web-cluster-shop-prod"
  }

  lifecycle {
    ignore_changes = [configuration]
  }
}

resource "aws_ecs_cluster_capacity_providers" "web_cluster" {
  cluster_name       = aws_ecs_cluster.web_cluster.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}
