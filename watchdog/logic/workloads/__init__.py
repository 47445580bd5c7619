"""What keeps a controller from its pods or its end: rollout, refusal, rights, schedule."""
