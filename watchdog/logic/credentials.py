"""Credentials that their own form gives away, as those who issue them document it.

Source: the issuers' documentation and the public rules of secret scanners. An object's name must
never look like one: where a prefix is also the beginning of a word, the rest has to be long, or of
letters that a name does not have.
"""

_HEX = "[0-9a-f]"
_UUID = rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"

FORMS = (
    r"A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}",  # AWS
    r"gh[pousr]_\w{20,255}|github_pat_\w{20,255}",
    r"gl(?:pat|dt|rt|soat|cbt|ptt|ft|imt|agent|oas)-[\w.-]{16,255}",  # GitLab
    r"sk-(?:proj|svcacct|admin|ant|or)-[\w-]{20,255}|sk-[0-9a-f]{24,255}",  # models
    r"sk-(?=[a-z0-9_-]{0,255}[A-Z])[\w-]{16,255}",  # names have no capitals
    r"(?:sk|rk|pk)_(?:live|test)_\w{10,255}|whsec_\w{16,255}",  # Stripe
    r"xox[abeoprs]-[\w-]{10,255}|xapp-\d-[A-Z0-9]{8,16}-[\w-]{10,255}",  # Slack
    r"AIza[\w-]{30,255}|ya29\.[\w-]{20,255}|GOCSPX-[\w-]{20,255}|1//0[\w-]{30,255}",  # Google
    r"[\w.~-]{3}8Q~[\w.~-]{30,64}",  # Azure
    r"hv[sbr]\.[\w-]{20,255}|s\.(?=[A-Za-z]{0,23}\d)[A-Za-z0-9]{24}\b",  # Vault
    r"tskey-[\w-]{10,255}",  # Tailscale
    r"gl(?:sa|c)_[\w=+/-]{20,255}",  # Grafana
    r"K10[0-9a-f]{40,128}(?:::[\w:.-]{1,255})?",  # k3s
    r"AGE-SECRET-KEY-1\w{20,255}",
    r"[MNO][\w-]{22,30}\.[\w-]{6}\.[\w-]{27,255}",  # Discord bot
    r"npm_[A-Za-z0-9]{36}|pypi-[\w-]{20,255}|dckr_pat_[\w-]{20,255}|rubygems_[0-9a-f]{48}",
    r"do[opr]_v1_\w{20,255}|SG\.[\w-]{16,64}\.[\w-]{16,255}|shp(?:at|ss|ca|pa)_\w{20,255}",
    r"hf_[A-Za-z0-9]{30,255}|r8_[A-Za-z0-9]{30,255}|gsk_[A-Za-z0-9]{30,255}|xai-\w{40,255}",
    r"pplx-\w{20,255}|nvapi-[\w-]{40,255}",
    r"lin_api_\w{20,255}|ntn_\w{20,255}|figd_[\w-]{20,255}|PMAK-[\w-]{20,255}|dapi[0-9a-f]{32}",
    r"sntry[su]_[\w=+/-]{20,255}|ATATT3[\w=-]{20,255}|ATBB\w{20,255}|EAAC\w{20,255}",
    r"\d{8,10}:[\w-]{35}\b",  # Telegram
    rf"key-{_HEX}{{32}}|{_HEX}{{32}}-us\d{{1,2}}\b|SK{_HEX}{{32}}",  # Mailgun, Mailchimp, Twilio
    rf"pul-{_HEX}{{40}}|sbp_{_HEX}{{40}}|bkua_{_HEX}{{40}}|sq[apu]_{_HEX}{{40}}",
    r"NRAK-[A-Z0-9]{20,64}|HRKU-[\w-]{20,255}|fm[12]_[\w+/=-]{20,255}|CCIPAT_\w{20,255}",
    r"\w{14}\.atlasv1\.[\w-]{20,255}|dp\.(?:pt|st|ct|sa|scim|audit)\.\w{20,255}|ops_eyJ[\w-]{20,255}",
    rf"pscale_(?:tkn|pw|oauth)_[\w-]{{20,255}}|nfp_\w{{30,255}}|pat\w{{14}}\.{_HEX}{{64}}",
    r"AKCp\w{20,255}|dt0c01\.[A-Z0-9]{20,32}\.\w{20,255}|sq0[a-z]{3}-[\w-]{20,255}",
    rf"(?:sdk|mob)-{_UUID}",  # LaunchDarkly
)
# Password hashes begin with a sign, not with a word.
HASH = r"\$(?:apr1|[1567y]|2[abxy]|argon2(?:id?|d)|scrypt)\$[\w./$,=+-]{16,255}"
