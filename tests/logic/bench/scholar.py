"""The right answer to every message of the benchmark."""

import json
from collections.abc import Mapping

ANSWERS: Mapping[str, tuple[str, ...]] = {
    "four ordered steps": (
        "1. Cordon the node\n2. Drain the node\n3. Reboot the node\n4. Uncordon the node",
    ),
    "arithmetic in two parts": ("a = 408, b = 613",),
    "strict JSON": ('{"name": "api", "replicas": 3, "ready": false}',),
    "the right remediation, or none": ("delete_debris", "none"),
    "nested JSON": (
        '{"service": {"name": "cart", "ports": [80, 443]}, "healthy": true, "load": 0.5,'
        ' "owner": null}',
    ),
    "three multiplications": ("1,512",),
    "routing over five tools": ('["get", "logs", "top", "events", "list"]',),
    "deeply nested JSON": (
        json.dumps(
            {
                "spec": {
                    "template": {
                        "spec": {
                            "containers": [
                                {
                                    "name": "app",
                                    "resources": {"limits": {"memory": "256Mi", "cpu": 2}},
                                }
                            ]
                        }
                    }
                }
            }
        ),
    ),
    "reasoning": ("**2**",),
    "cites only what was given": ("The key db-password is missing in Secret shop/api [E2].",),
    "summary after a tool": (
        '{"tool": "logs", "name": "cart-0"}',
        "It cannot reach redis: the connection is refused.",
    ),
    "recovery from an error": (
        '```json\n{"tool": "get", "name": "cart"}\n```',
        '{"tool": "get", "name": "cart-api"}',
        "It asks for registry.example.com/shop/cart:2.4.1.",
    ),
    "grounding over several turns": ("noted", "8", "unknown"),
    "8,000 tokens of context": ("KESTREL-4096",),
}
