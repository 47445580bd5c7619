"""An admission webhook that changes what passes, on loopback, with a certificate of the cluster's."""

import base64
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.cluster import pki

Json = dict[str, Any]


@asynccontextmanager
async def patching(authority: pki.Authority, patch: Sequence[Json]) -> AsyncIterator[str]:
    """Serve a webhook that answers everything with this JSON Patch; yield its URL."""
    pair = authority.issue("webhook", "/CN=webhook", names=["IP:127.0.0.1"])
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(pair.cert, pair.key)

    async def answer(request: web.Request) -> web.Response:
        review = await request.json()
        response = {
            "uid": review["request"]["uid"],
            "allowed": True,
            "patchType": "JSONPatch",
            "patch": base64.b64encode(json.dumps(list(patch)).encode()).decode(),
        }
        return web.json_response({**review, "response": response})

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving).start()
    try:
        yield f"https://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def configuration(
    authority: pki.Authority,
    namespace: str,
    url: str,
    *,
    resource: str = "pods",
) -> Json:
    """The webhook for writes of one resource in one namespace; without it nothing passes."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": f"patch-{namespace}"},
        "webhooks": [
            {
                "name": "patch.example.com",
                "clientConfig": {
                    "url": url,
                    "caBundle": base64.b64encode(authority.pair.cert.read_bytes()).decode(),
                },
                "rules": [
                    {
                        "apiGroups": ["", "apps"],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": [resource],
                    }
                ],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "timeoutSeconds": 5,
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
