{
  "family": ${jsonencode(family)},
  "networkMode": "${network_mode}",
  "requiresCompatibilities": [
    "${launch_type}"
  ],
  "cpu": "${cpu}",
  "memory": "${memory}",
  "runtimePlatform": {
    "cpuArchitecture": "${cpu_architecture}",
    "operatingSystemFamily": "LINUX"
  },
  "executionRoleArn": "${ecs_execution_role}",
  "taskRoleArn": "${ecs_task_role}",
%{~ for key, value in task_options }
  "${key}": ${jsonencode(value)},
%{~ endfor }
  "containerDefinitions": [
    {
      "name": ${jsonencode(name)},
      "image": ${jsonencode(image)},
      "essential": true,
%{~ if memory_reservation > 0 }
      "memoryReservation": ${memory_reservation},
%{~ endif }
      "portMappings": ${jsonencode(port_mappings)},
      "environment": ${jsonencode(environment)},
      "secrets": ${jsonencode(secrets)},
%{~ for key, value in container_options }
%{~ if key != "logConfiguration" }
      "${key}": ${jsonencode(value)},
%{~ endif }
%{~ endfor }
%{~ if contains(keys(container_options), "logConfiguration") }
      "logConfiguration": ${jsonencode(container_options["logConfiguration"])}
%{~ else }
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": {
          "awslogs-group": "${log_group}",
          "awslogs-region": "${aws_region}",
          "awslogs-stream-prefix": "ecs"
        }
      }
%{~ endif }
    }%{ for sidecar in sidecars },
    ${jsonencode(sidecar)}%{ endfor }
  ]
}
