"""Whether something is done about an Incident, and whether it helped: Plan, Policy, history."""
