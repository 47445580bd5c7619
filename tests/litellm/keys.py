"""Judges keys inside the proxy's own process, for its keys need a database; see `proxy.py`.

The proxy does the rest: it counts requests and dollars, and words the refusals.
"""

from litellm.proxy._types import ProxyErrorTypes, ProxyException, UserAPIKeyAuth


async def judge(request: object, api_key: str) -> UserAPIKeyAuth:
    """What a key may do is in its name."""
    if api_key.startswith("sk-good"):
        return UserAPIKeyAuth(api_key=api_key)
    if api_key.startswith("sk-poor"):  # the first answer costs more
        return UserAPIKeyAuth(api_key=api_key, spend=0.0, max_budget=0.0001)
    if api_key.startswith("sk-slow"):
        return UserAPIKeyAuth(api_key=api_key, rpm_limit=1)
    if api_key.startswith("sk-only-second"):
        return UserAPIKeyAuth(api_key=api_key, models=["second"])
    # As `get_key_object` raises it where a database knows the keys.
    raise ProxyException(
        message="Authentication Error, Invalid proxy server token passed.",
        type=ProxyErrorTypes.token_not_found_in_db,
        param="key",
        code=401,
    )
