"""The only code that talks to a language model: one OpenAI-compatible proxy, no stream, no tools."""
