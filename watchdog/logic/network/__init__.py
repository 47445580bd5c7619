"""Who calls whom, and what stands in the way: Services, policies, names."""
