"""redact and clean: no secret gets out, no fact gets lost, and hostile text costs linear time."""

import base64
import re
import time
from hashlib import sha256
from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.logic.redact import clean, redact

UID = "3f1c2b7a-8d4e-4f6a-9b0c-1d2e3f4a5b6c"
DIGEST = sha256(b"image").hexdigest()

FACTS = (
    'FATAL: password authentication failed for user "shop"',
    'MountVolume.SetUp failed for volume "x" : secret "db" not found',
    "Error: couldn't find key DB_PASSWORD in Secret shop/db",
    "references non-existent secret key: password",
    "Access denied for user 'x'@'10.0.0.1' (using password: YES)",
    "secretName: db-credentials",
    "error validating token: token expired",
    f"image registry.example.com/shop/api@sha256:{DIGEST}",
    f"pod kube-prometheus-stack-operator-7d9f8b6c5d-x2x4z uid {UID}",
    f"containerd://{DIGEST}",
    f"/var/lib/kubelet/pods/{UID}/volumes/kubernetes.io~projected/kube-api-access-x8k2z",
    "io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder failed",
    "V1alpha1MutatingAdmissionPolicyBindingList",
    "f-CamelCaseWithMixedHTTPWords2AndMore-9f8e7d6c5b4a39281706",
    "ServiceAccountTokenVolumeProjectionReconciliationController started",
    "dial tcp: lookup db.shop.svc.cluster.local on 10.96.0.10:53: no such host",
    'Get "https://registry.example.com/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
    "see http://db.shop:8080/x?y=a@b",
    "x509: certificate signed by unknown authority",
    "1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }",
    "repository does not exist or may require authorization: server message: insufficient_scope",
    "authorization failed: bearer authentication is required",
    'WWW-Authenticate: Bearer realm="https://auth.example.com/token",service="registry"',
    "PWD=/srv/app OLDPWD=/",
    "--tls-private-key-file=/etc/certs/tls.key: no such file",
    "DB_PASSWORD_FILE=/run/secrets/db",
    "usage: prompt_tokens=1024 max_tokens: 4096",
    'tokenExpirationSeconds: 3607, token_type="bearer"',
    "pod sk-learn-serving-7d9f8b6c5d-x2x4z, xai-gateway-deployment-6c5d4b and xapp-frontend-7d9f8b6c5d",
    "npm_config_update_notifier_default and hf_hub_download_with_retries_v2",
    "at s.reconcileServiceEndpoint(0xc0001)",
    "docker run --user 1000:1000 alpine",
    "host=db user=shop dbname=shop",
    "job%20runner/x%3Dy%26z",
    "bm90IGEgc2VjcmV0",
    "name: shop value: 12",
    "git@github.com:shop/api.git",
    "login failed for machine w-1",
)


@pytest.mark.parametrize("fact", FACTS)
def test_a_plain_fact_stays_as_it_is(fact: str) -> None:
    assert redact(fact) == fact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("password=hunter22", "password=<redacted:value#1>"),
        ('{"password": "my big, secret"}', '{"password": "<redacted:value#1>"}'),
        ("PASSWORD: 'a b c'", "PASSWORD: '<redacted:value#1>'"),
        (r'"{\"api_key\":\"hunter 33\"}"', r'"{\"api_key\":\"<redacted:value#1>\"}"'),
        (r'{"secret": "a\"b c", "x": 1}', '{"secret": "<redacted:value#1>", "x": 1}'),
        ("DB_PASS=xyz123 rest", "DB_PASS=<redacted:value#1> rest"),
        ("token: none-of-your-business", "token: <redacted:value#1>"),
        ("run --db-password hunter44 now", "run --db-password <redacted:flag#1> now"),
        ("postgres://u:p/s@w@host:5432/db", "postgres://<redacted:userinfo#1>@host:5432/db"),
        ("https://0123456789abcdef@o1.ingest/1", "https://<redacted:userinfo#1>@o1.ingest/1"),
        ("https://x/y?api_key=zz&b=1", "https://x/y?api_key=<redacted:query#1>&b=1"),
        ("/api/v10/webhooks/123/ab-CD x", "/api/v10/webhooks/<redacted:webhook#1> x"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer <redacted:auth#1>"),
        ("got Bearer abcdefghijkl", "got Bearer <redacted:bearer#1>"),
        ("Cookie: a=b; c=d", "Cookie: <redacted:cookie#1>"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.sig", "<redacted:jwt#1>"),
        ("id AKIAIOSFODNN7EXAMPLE.", "id <redacted:vendor#1>."),
        ("k7x9Q2m4P8r1T5w3Z6y0B2n4", "<redacted:random#1>"),
        ("shop:hunter22@tcp(db:3306)/shop", "shop:<redacted:userinfo#1>@tcp(db:3306)/shop"),
        ("curl -u shop:hunter22 https://x", "curl -u shop:<redacted:userinfo#1> https://x"),
        ("https://hc-ping.com/1-2", "https://hc-ping.com/<redacted:webhook#1>"),
        ("x?X-Amz-Signature=00ff", "x?X-Amz-Signature=<redacted:query#1>"),
        ('Authorization: Digest username="x", a="b"', "Authorization: Digest <redacted:auth#1>"),
        ("<password>hunter22</password>", "<password><redacted:value#1></password>"),
        ("IDENTIFIED BY 'hunter22';", "IDENTIFIED BY '<redacted:sql#1>';"),
        ("machine h login u password pw1", "machine h login u password <redacted:netrc#1>"),
        ("root:$6$saltsalt$" + "0a" * 20, "root:<redacted:hash#1>"),
        ("- name: A_PASSWORD\n  value: pw1", "- name: A_PASSWORD\n  value: <redacted:value#1>"),
        ("{Name:A_TOKEN,Value:pw1,}", "{Name:A_TOKEN,Value:<redacted:value#1>,}"),
        ("body a%3D1%26password%3Dhunter22", "body <redacted:encoded#1>"),
        ("got cGFzc3dvcmQ9cHcx back", "got <redacted:encoded#1> back"),
        ('["--token", "hunter22", "-v"]', '["--token", "<redacted:flag#1>", "-v"]'),
        ('"password":"my big sec', '"password":"<redacted:value#1>'),
        ("sdk-" + UID, "<redacted:vendor#1>"),
    ],
)
def test_a_secret_is_replaced_and_its_sentence_stays(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_a_private_key_goes_even_when_its_end_was_cut_off() -> None:
    whole = "a\n-----BEGIN EC PRIVATE KEY-----\nMIIE\n-----END EC PRIVATE KEY-----\nb"

    assert redact(whole) == "a\n<redacted:pem#1>\nb"
    assert redact(whole[:40]) == "a\n<redacted:pem#1>"
    assert redact("-----BEGIN EC PRIVATE KEY----- " + "A" * 64 + " MIIE…") == "<redacted:pem#1>…"


def test_the_beginning_of_a_key_does_not_hide_what_comes_after_it() -> None:
    text = "-----BEGIN EC PRIVATE KEY-----\nMIIEabcd\nERROR: cannot start"

    assert redact(text) == "<redacted:pem#1>\nERROR: cannot start"


def test_one_value_has_one_number_wherever_it_stands() -> None:
    text = "token=abcdef password=other1 x --token abcdef"

    assert (
        redact(text)
        == "token=<redacted:value#1> password=<redacted:value#2> x --token <redacted:flag#1>"
    )


def test_numbers_go_on_after_what_is_already_redacted() -> None:
    assert (
        redact("a <redacted:jwt#7> token=abcdef") == "a <redacted:jwt#7> token=<redacted:value#8>"
    )


def test_own_secrets_go_in_every_encoding() -> None:
    own = 'c0rrect/horse"'
    basic = base64.b64encode(f"bot:{own}".encode()).decode()
    forms = [own, quote(own, safe=""), base64.b64encode(own.encode()).decode(), 'c0rrect/horse\\"']
    forms.append(sha256(own.encode()).hexdigest())

    assert redact(" ".join(forms), [own]) == " ".join(["<redacted:own#1>"] * len(forms))
    assert "<redacted:own#1>" in redact(f"sent {basic}", [own])


def test_an_own_secret_of_three_letters_would_eat_the_text() -> None:
    assert redact("turned on", ["on", ""]) == "turned on"


def test_an_own_secret_that_looks_like_a_placeholder_does_not_break_it() -> None:
    once = redact("x=redacted", ["redacted"])

    assert once == "x=<redacted:own#1>"
    assert redact(once, ["redacted"]) == once


SECRETS = st.one_of(
    st.text("abcdefghjkmnpqrstuvwxyz23456789", min_size=20, max_size=40).map("ghp_".__add__),
    st.text("ABCDEFGHJKMNPQRSTUVWXYZ23456789", min_size=16, max_size=16).map("AKIA".__add__),
    st.text("0123456789abcdef", min_size=48, max_size=64).map("K10".__add__),
)
CONTEXTS = st.sampled_from(
    ["{}", "password={}", 'token: "{}"', "--api-key {}", "Authorization: Bearer {}", "({})",
     '{{"client_secret":"{}"}}', "https://u:{}@host/x", "https://h/?sig={}&a=1", "a,{};b", "Cookie: s={}"]
)  # fmt: skip
WEAK = st.text("abcdefgh0123456789!$%*", min_size=5, max_size=16).map("Zq".__add__)
KEYED = st.sampled_from(
    ["password={}", "DB_PASSWORD: {}", 'token: "{}"', "--api-key {}", "Authorization: Basic {}",
     "{{'secret': '{}'}}", "amqp://user:{}@host/x", "https://h/?signature={}", "Set-Cookie: sid={}; Path=/"]
)  # fmt: skip
NOISE = st.lists(st.sampled_from([*FACTS, "", " ", "\n", "ok: 1", "token", "é🔴", '"']), max_size=4)


@given(before=NOISE, context=CONTEXTS, secret=SECRETS, after=NOISE)
def test_no_seeded_secret_survives_whatever_stands_around_it(
    before: list[str], context: str, secret: str, after: list[str]
) -> None:
    text = "\n".join([*before, context.format(secret), *after])

    assert secret not in redact(text)


@given(before=NOISE, context=KEYED, secret=WEAK)
def test_a_weak_secret_goes_where_its_key_says_so(
    before: list[str], context: str, secret: str
) -> None:
    assert secret not in redact("\n".join([*before, context.format(secret)]))


def test_nearly_every_unmarked_random_key_goes() -> None:
    drawn = Random(1)
    keys = [base64.b64encode(drawn.randbytes(32)).decode() for _ in range(1000)]

    assert sum(redact(f"got {key} here") == "got <redacted:random#1> here" for key in keys) >= 980


@given(
    own=st.text(min_size=4, max_size=30), before=st.text(max_size=20), after=st.text(max_size=20)
)
def test_no_own_secret_survives(own: str, before: str, after: str) -> None:
    redacted = redact(before + own + after, [own])

    assert own not in re.sub(r"<redacted:\w+#\d+>", "\N{BLACK SQUARE}", redacted)


PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from([*FACTS, "password", "token", "=", ":", '"', "'", "\\", " ", "\n", "://", "@", "--", "<"]),
    st.sampled_from(["cookie: ", "?key=", "bearer ", "<redacted:own#3>", "<redacted:", "#1>", "eyJ"]),
    SECRETS,
)  # fmt: skip


@given(pieces=st.lists(PIECES, max_size=12))
def test_redacting_twice_changes_nothing(pieces: list[str]) -> None:
    once = redact("".join(pieces))

    assert redact(once) == once


@given(text=st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_clean_strips_what_is_not_seen() -> None:
    dressed = "\x1b[31mred\x1b[0m\x1b]0;title\x07 pass\u200bword \u202etxet\u2066 a\tb\x00\r\nnext\rlast\ufeff"

    assert clean(dressed) == "red password txet a\tb\nnext\nlast"


@pytest.mark.parametrize(
    "unit",
    ["a", "token", "--a-", "token ", "://", "://a:", "?kkk", "bearer ", 'token="', "token\\\\\\",
     "\x1b[", "\x1b]0;", "secret-", "--token-key ", "-----BEGIN A-----", "password=\n", "cookie:", "MA.",
     "name: token ", "name=token\nvalue ", "a:a@", "a@(", "%41", "%41/", "machine a login ", "<token", "--user a:",
     "QUtJ", "cGFzc3dvcmQ9aHVudGVyMg== ", "authorization: aa ", "$1$", "sk-", "identified by '", "s.a1"],
)  # fmt: skip
def test_hostile_text_costs_linear_time(unit: str) -> None:
    text = (unit * 65536)[:65536]
    began = time.process_time()

    redact(clean(text))

    assert time.process_time() - began < 2  # quadratic would be minutes
