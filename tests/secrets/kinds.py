"""The catalogue: kinds of credentials as those who issue them write them, built when a test runs.

A template names the parts to draw: `<w36>` is 36 letters and digits. Only drawn parts are secret,
so nothing in this file is a key, and nothing of a drawn part of eight characters may survive.
"""

import base64
import json
import string
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from re import Match, sub

_LETTERS = {
    "a": string.ascii_lowercase,
    "w": string.ascii_letters + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "l": string.ascii_lowercase + string.digits,
    "t": string.ascii_uppercase + "234567",  # base32
    "h": "0123456789abcdef",
    "d": string.digits,
    "s": string.ascii_letters + string.digits + "-_",
    "b": string.ascii_letters + string.digits + "+/",
    "p": string.ascii_letters + string.digits + "!$%*^~",  # a person's password
}
_PART = r"<([a-z])(\d+)>"
_TELLING = 8  # this many characters of a drawn part are a leak


@dataclass(frozen=True, slots=True)
class Kind:
    """What is drawn, and the name under which it is usually given.

    `bare`: its own form gives it away; else a key, an address or a header has to.
    """

    name: str
    template: str
    key: str
    bare: bool = True


@dataclass(frozen=True, slots=True)
class Canary:
    """One drawn secret: the text, and the parts of it that are secret."""

    kind: Kind
    text: str
    parts: tuple[str, ...]

    @property
    def windows(self) -> frozenset[str]:
        """Eight characters in a row of every secret part, as they are and in base64."""
        return frozenset(window for part in self.parts for window in _windows(part))

    def leaks_into(self, text: str) -> bool:
        """Whether any of these stands in the text."""
        return any(window in text for window in self.windows)


def leaking(canaries: Iterable[Canary], text: str) -> list[str]:
    """The kinds of which something stands in a long text."""
    there = {text[at : at + _TELLING] for at in range(len(text) - _TELLING + 1)}
    return [each.kind.name for each in canaries if not there.isdisjoint(each.windows)]


def draw(kind: Kind, drawn: Random) -> Canary:
    """A secret of this kind."""
    parts: list[str] = []

    def part(match: Match[str]) -> str:
        letters, count = _LETTERS[match[1]], int(match[2])
        parts.append("".join(drawn.choice(letters) for _ in range(count)))
        return parts[-1]

    text = sub(_PART, part, kind.template)
    if kind.name == "service account token":
        text = _jwt(text)
        parts = [text]
    return Canary(kind, text, tuple(each for each in parts if len(each) >= _TELLING))


def _windows(part: str) -> set[str]:
    written = (part, *(_inside(part.encode(), offset) for offset in range(3)))
    return {each[at : at + _TELLING] for each in written for at in range(len(each) - _TELLING + 1)}


def _inside(part: bytes, offset: int) -> str:
    """The base64 characters that depend on `part` alone, `offset` bytes after a boundary."""
    usable = (len(part) + offset) // 3 * 4
    return base64.b64encode(b"\0" * offset + part).decode()[(0, 2, 3)[offset] : usable]


def _jwt(claims: str) -> str:
    head, body = (
        base64.urlsafe_b64encode(each.encode()).decode().rstrip("=")
        for each in (json.dumps({"alg": "RS256", "typ": "JWT"}), claims)
    )
    return f"{head}.{body}.{'c2ln' * 12}"


_GIVEN = {  # recognised by its own form
    "AWS key id": ("AKIA<u16>", "AWS_ACCESS_KEY_ID"),
    "AWS session key id": ("ASIA<u16>", "AWS_ACCESS_KEY_ID"),
    "AWS secret key": ("<b40>", "AWS_SECRET_ACCESS_KEY"),
    "AWS session token": ("IQoJb3JpZ2luX2Vj<b220>==", "AWS_SESSION_TOKEN"),
    "GitHub token": ("ghp_<w36>", "GITHUB_TOKEN"),
    "GitHub OAuth token": ("gho_<w36>", "GH_TOKEN"),
    "GitHub app token": ("ghs_<w36>", "GITHUB_TOKEN"),
    "GitHub fine-grained token": ("github_pat_<w22>_<w59>", "GITHUB_TOKEN"),
    "GitLab token": ("glpat-<s20>", "GITLAB_TOKEN"),
    "GitLab deploy token": ("gldt-<s20>", "CI_DEPLOY_TOKEN"),
    "GitLab runner token": ("glrt-<s20>", "RUNNER_TOKEN"),
    "OpenAI key": ("sk-<w48>", "OPENAI_API_KEY"),
    "OpenAI project key": ("sk-proj-<s120>", "OPENAI_API_KEY"),
    "Anthropic key": ("sk-ant-api03-<s95>", "ANTHROPIC_API_KEY"),
    "OpenRouter key": ("sk-or-v1-<h64>", "OPENROUTER_API_KEY"),
    "proxy's virtual key": ("sk-<s22>", "LITELLM_API_KEY"),
    "DeepSeek key": ("sk-<h32>", "DEEPSEEK_API_KEY"),
    "Stripe key": ("sk_live_<w24>", "STRIPE_API_KEY"),
    "Stripe restricted key": ("rk_live_<w24>", "STRIPE_KEY"),
    "Stripe webhook secret": ("whsec_<w32>", "STRIPE_WEBHOOK_SECRET"),
    "Slack bot token": ("xoxb-<d12>-<d12>-<w24>", "SLACK_TOKEN"),
    "Slack user token": ("xoxp-<d12>-<d12>-<d12>-<h32>", "SLACK_TOKEN"),
    "Slack app token": ("xapp-1-<u11>-<d13>-<h64>", "SLACK_APP_TOKEN"),
    "Google API key": ("AIza<s35>", "GOOGLE_API_KEY"),
    "Google access token": ("ya29.<s120>", "ACCESS_TOKEN"),
    "Google client secret": ("GOCSPX-<s28>", "CLIENT_SECRET"),
    "Google refresh token": ("1//0<s60>", "REFRESH_TOKEN"),
    "Azure client secret": ("<w3>8Q~<s34>", "AZURE_CLIENT_SECRET"),
    "Azure storage key": ("<b86>==", "AZURE_STORAGE_KEY"),
    "Vault token": ("hvs.<s90>", "VAULT_TOKEN"),
    "old Vault token": ("s.<w24>", "VAULT_TOKEN"),
    "Tailscale key": ("tskey-auth-<w12>-<w32>", "TS_AUTHKEY"),
    "Grafana token": ("glsa_<w32>_<h8>", "GRAFANA_TOKEN"),
    "Grafana cloud token": ("glc_<b100>", "GRAFANA_CLOUD_TOKEN"),
    "k3s token": ("K10<h64>::server:<h32>", "K3S_TOKEN"),
    "age key": ("AGE-SECRET-KEY-1<u58>", "SOPS_AGE_KEY"),
    "Discord bot token": ("M<w25>.<s6>.<s38>", "DISCORD_BOT_TOKEN"),
    "Telegram token": ("<d10>:<s35>", "TELEGRAM_TOKEN"),
    "npm token": ("npm_<w36>", "NPM_TOKEN"),
    "PyPI token": ("pypi-AgEIcHlwaS5vcmc<s120>", "TWINE_PASSWORD"),
    "Docker token": ("dckr_pat_<s27>", "DOCKER_PASSWORD"),
    "RubyGems key": ("rubygems_<h48>", "GEM_HOST_API_KEY"),
    "DigitalOcean token": ("dop_v1_<h64>", "DIGITALOCEAN_TOKEN"),
    "SendGrid key": ("SG.<s22>.<s43>", "SENDGRID_API_KEY"),
    "Shopify token": ("shpat_<h32>", "SHOPIFY_TOKEN"),
    "Hugging Face token": ("hf_<w34>", "HF_TOKEN"),
    "Replicate token": ("r8_<w37>", "REPLICATE_API_TOKEN"),
    "Groq key": ("gsk_<w52>", "GROQ_API_KEY"),
    "xAI key": ("xai-<w80>", "XAI_API_KEY"),
    "Perplexity key": ("pplx-<w48>", "PPLX_API_KEY"),
    "NVIDIA key": ("nvapi-<s64>", "NVIDIA_API_KEY"),
    "Linear key": ("lin_api_<w40>", "LINEAR_API_KEY"),
    "Notion token": ("ntn_<w46>", "NOTION_TOKEN"),
    "Figma token": ("figd_<s40>", "FIGMA_TOKEN"),
    "Postman key": ("PMAK-<h24>-<h34>", "POSTMAN_API_KEY"),
    "Databricks token": ("dapi<h32>", "DATABRICKS_TOKEN"),
    "Sentry token": ("sntrys_<w100>", "SENTRY_AUTH_TOKEN"),
    "Atlassian token": ("ATATT3xFfGF0<s160>", "JIRA_TOKEN"),
    "Bitbucket password": ("ATBB<w32>", "BITBUCKET_PASSWORD"),
    "New Relic key": ("NRAK-<u27>", "NEW_RELIC_API_KEY"),
    "Mailgun key": ("key-<h32>", "MAILGUN_API_KEY"),
    "Mailchimp key": ("<h32>-us21", "MAILCHIMP_API_KEY"),
    "Twilio key": ("SK<h32>", "TWILIO_API_KEY"),
    "Heroku key": ("HRKU-<s60>", "HEROKU_API_KEY"),
    "Fly token": ("fm2_<b120>", "FLY_API_TOKEN"),
    "Pulumi token": ("pul-<h40>", "PULUMI_ACCESS_TOKEN"),
    "Terraform token": ("<w14>.atlasv1.<s67>", "TF_TOKEN"),
    "Doppler token": ("dp.pt.<w43>", "DOPPLER_TOKEN"),
    "1Password token": ("ops_eyJ<s160>", "OP_SERVICE_ACCOUNT_TOKEN"),
    "PlanetScale token": ("pscale_tkn_<s43>", "PLANETSCALE_TOKEN"),
    "Supabase token": ("sbp_<h40>", "SUPABASE_ACCESS_TOKEN"),
    "Netlify token": ("nfp_<w36>", "NETLIFY_AUTH_TOKEN"),
    "CircleCI token": ("CCIPAT_<w22>_<h40>", "CIRCLE_TOKEN"),
    "Buildkite token": ("bkua_<h40>", "BUILDKITE_TOKEN"),
    "SonarQube token": ("squ_<h40>", "SONAR_TOKEN"),
    "Artifactory key": ("AKCp<w69>", "ARTIFACTORY_API_KEY"),
    "Dynatrace token": ("dt0c01.<u24>.<u64>", "DT_API_TOKEN"),
    "Square token": ("sq0atp-<s22>", "SQUARE_ACCESS_TOKEN"),
    "Okta token": ("00<s40>", "OKTA_API_TOKEN"),
    "Airtable token": ("pat<w14>.<h64>", "AIRTABLE_TOKEN"),
    "Cloudflare token": ("<s40>", "CLOUDFLARE_API_TOKEN"),
    "WireGuard key": ("<b42>Y=", "WG_PRIVATE_KEY"),
    "LaunchDarkly key": ("sdk-<h8>-<h4>-4<h3>-9<h3>-<h12>", "LAUNCHDARKLY_SDK_KEY"),
    "crypt hash": ("$6$<w16>$<w86>", "ROOT_PASSWORD_HASH"),
    "bcrypt hash": ("$2y$10$<w53>", "BASIC_AUTH_PASSWORD"),
    "service account token": ('{"sub":"system:serviceaccount:shop:api","jti":"<w24>"}', "TOKEN"),
}
_KEYED = {  # a word like any other: only its surroundings give it away
    "password": ("<p14>", "DB_PASSWORD"),
    "short password": ("<p8>", "PGPASSWORD"),
    "MySQL password": ("<w12>", "MYSQL_PWD"),
    "Redis password": ("<w16>", "REDISCLI_AUTH"),
    "passphrase": ("<w10>", "SSH_PASSPHRASE"),
    "Datadog key": ("<h32>", "DD_API_KEY"),
    "PagerDuty key": ("<l20>", "PAGERDUTY_TOKEN"),
    "Twilio auth token": ("<h32>", "TWILIO_AUTH_TOKEN"),
    "uuid as key": ("<h8>-<h4>-4<h3>-a<h3>-<h12>", "HEROKU_API_KEY"),
    "session secret": ("<h64>", "SESSION_SECRET"),
    "Rails key": ("<h128>", "SECRET_KEY_BASE"),
    "JWT signing key": ("<w20>", "JWT_SIGNING_KEY"),
    "encryption key": ("<h32>", "ENCRYPTION_KEY"),
    "bootstrap token": ("<l6>.<l16>", "BOOTSTRAP_TOKEN"),
    "one-time password seed": ("<t32>", "TOTP_SECRET"),
    "consumer secret": ("<l18>", "CONSUMER_SECRET"),
    "credentials": ("<w18>", "SMTP_CREDENTIALS"),
}
_WHOLE = {  # it comes with its surroundings
    "PostgreSQL address": "postgres://shop:<p14>@db.shop:5432/shop?sslmode=disable",
    "MySQL address": "mysql://root:<w12>@mysql:3306/shop",
    "Go MySQL DSN": "shop:<w14>@tcp(mysql.shop:3306)/shop?parseTime=true",
    "Redis address": "redis://:<w20>@redis:6379/0",
    "MongoDB address": "mongodb+srv://app:<w18>@cluster0.example.net/shop",
    "AMQP address": "amqp://guest:<w12>@rabbit:5672/%2f",
    "JDBC address": "jdbc:postgresql://db:5432/shop?user=shop&password=<w14>",
    "SQL Server connection string": "Server=db,1433;User Id=sa;Password=<w14>;Encrypt=True",
    "libpq connection string": "host=db user=shop password=<w12> dbname=shop sslmode=require",
    "Azure connection string": "AccountName=shop;AccountKey=<b86>==;EndpointSuffix=core.windows.net",
    "Service Bus connection string": "SharedAccessKeyName=root;SharedAccessKey=<b43>=",
    "Sentry DSN": "https://<h32>@o42.ingest.example.io/4507",
    "git address": "https://oauth2:<s20>@git.example.com/shop/api.git",
    "Slack webhook": "https://hooks.slack.com/services/T0000/B0000/<w24>",
    "Discord webhook": "https://discord.com/api/webhooks/123456789012345678/<s68>",
    "Teams webhook": "https://shop.webhook.office.com/webhookb2/<h32>@<h32>/IncomingWebhook/<h32>/x",
    "Google Chat webhook": "https://chat.googleapis.com/v1/spaces/A/messages?key=x&token=<s43>",
    "healthchecks ping": "https://hc-ping.com/<h8>-<h4>-4<h3>-b<h3>-<h12>",
    "signed S3 address": "https://b.s3.amazonaws.com/o?X-Amz-Expires=9&X-Amz-Signature=<h64>",
    "signed Azure address": "https://s.blob.core.windows.net/c?sv=2024&se=2030&sig=<w43>%3D",
    "one-time password address": "otpauth://totp/shop:me?secret=<t32>&issuer=shop",
    "basic login": "Authorization: Basic <b24>",
    "bearer login": "Authorization: Bearer <s40>",
    "token login": "authorization: token <h40>",
    "API key login": "Authorization: ApiKey <b40>==",
    "digest login": 'Authorization: Digest username="shop", response="<h32>"',
    "signed request": "Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/x, Signature=<h64>",
    "API key header": "X-API-Key: <h32>",
    "auth token header": "X-Auth-Token: <l32>",
    "Vault header": "X-Vault-Token: <l26>",
    "session cookie": "Cookie: lang=en; session=<w32>; theme=dark",
    "set cookie": "Set-Cookie: sid=<h32>; Path=/; HttpOnly",
    "netrc line": "machine git.example.com login shop password <w16>",
    "SQL statement": "CREATE USER shop IDENTIFIED BY '<w12>'; -- failed",
    "curl login": "+ curl -sf -u shop:<w12> https://api.example.com/v1",
    "XML element": "<server><dbPassword><w12></dbPassword></server>",
    "Go environment entry": "EnvVar{Name:DB_PASSWORD,Value:<w14>,ValueFrom:nil,}",
    "htpasswd line": "admin:$apr1$<w8>$<w22>",
    "kubeconfig key": "client-key-data: <b120>",
    "registry file": '{"auths":{"registry.example.com":{"auth":"<b32>"}}}',
    "JSON web key": '{"kty":"EC","crv":"P-256","x":"eA","d":"<s43>"}',
    "environment entry": '{"name":"DB_PASSWORD","value":"<w14>"}',
    "environment entry in YAML": "- name: DB_PASSWORD\n  value: <w14>",
    "RSA key": "-----BEGIN RSA PRIVATE KEY-----\n<b64>\n<b64>\n-----END RSA PRIVATE KEY-----",
    "EC key": "-----BEGIN EC PRIVATE KEY-----\n<b64>\n<b40>==\n-----END EC PRIVATE KEY-----",
    "PKCS 8 key": "-----BEGIN PRIVATE KEY-----\n<b64>\n<b64>\n-----END PRIVATE KEY-----",
    "OpenSSH key": "-----BEGIN OPENSSH PRIVATE KEY-----\n<b70>\n<b70>\n-----END OPENSSH PRIVATE KEY-----",
    "PGP key": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n<b64>\n<b64>\n-----END PGP PRIVATE KEY BLOCK-----",
    "service account file": '{"private_key":"-----BEGIN PRIVATE KEY-----\\n<b64>\\n-----END PRIVATE KEY-----\\n"}',
    "key cut off": "-----BEGIN RSA PRIVATE KEY-----\n<b64>\n<b64>",
}

WITH_NAME = (
    *(Kind(name, template, key) for name, (template, key) in _GIVEN.items()),
    *(Kind(name, template, key, bare=False) for name, (template, key) in _KEYED.items()),
)
WHOLE = tuple(Kind(name, template, "") for name, template in _WHOLE.items())
EVERY = (*WITH_NAME, *WHOLE)
