"""The real LiteLLM proxy, in a virtual environment of its own, as the peer of the model's client."""
