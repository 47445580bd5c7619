"""Settings and jobs.json, validated at the door; every error names the key."""
