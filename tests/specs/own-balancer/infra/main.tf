output "origin" {
  value = {
    domain_name = local.ecsforge.load_balancer.dns_name
    zone_id     = local.ecsforge.load_balancer.zone_id
  }
}
