{"containerDefinitions": [{"name": "${name}", "image": "nginx", "memory": ${memory}, "environment": ${jsonencode(environment)}}]}
