output "alb_url" {
  description = "Where it is reached; $${not an expression}"
  value       = "http://${aws_lb.main.dns_name}"
}

output "secret" {
  value     = var.image
  sensitive = true

  depends_on = [aws_lb.main]
}

output "service_names" {
  value = {
    web = aws_ecs_service.web.name
  }
}
