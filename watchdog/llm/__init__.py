"""The only code that talks to a language model: one OpenAI-compatible proxy, no tools.

Nothing is streamed but what the benchmark times.
"""
