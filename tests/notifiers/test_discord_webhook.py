"""The webhook notifier against a Discord on loopback: one post per thread, and every refusal."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from tests.doubles.discord import FakeDiscord, Fault, fake_discord, rate_limited
from tests.doubles.messages import OPENED, REMINDER, RESOLVED, UPDATED, message, row
from watchdog.domain.errors import Absent, Forbidden, Misconfigured, Permanent, Transient
from watchdog.domain.severity import Severity
from watchdog.notifiers.discord_webhook import (
    DEFAULT_API,
    DiscordWebhook,
    DiscordWebhookParams,
    Throttled,
    make,
)


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with fake_discord() as server:
        yield server


@pytest.fixture
async def webhook(discord: FakeDiscord) -> AsyncIterator[DiscordWebhook]:
    notifier = connect(discord.webhook_url)
    yield notifier
    await notifier.close()


def connect(url: str, api_url: str = DEFAULT_API) -> DiscordWebhook:
    return make(DiscordWebhookParams(webhook_url=SecretStr(url), api_url=api_url))


async def test_an_opened_incident_is_a_post_and_its_receipt_the_id(
    discord: FakeDiscord, webhook: DiscordWebhook
) -> None:
    receipt = await webhook.send(row(), "")

    [post] = discord.posts
    assert receipt == post.id
    assert post.content == (
        "**🔴 CRITICAL: opened api**\nWhere: Deployment/shop/api\n```\nkubectl get pods\n```"
    )
    assert not post.silent


@pytest.mark.parametrize(
    "said", [message(UPDATED, quiet=True), message(RESOLVED), message(RESOLVED, quiet=True)]
)
async def test_a_quiet_update_and_an_end_edit_the_post_of_the_thread(
    discord: FakeDiscord, webhook: DiscordWebhook, said: object
) -> None:
    receipt = await webhook.send(row(), "")

    again = await webhook.send(row(said), receipt)  # type: ignore[arg-type]  # a Message

    assert again == receipt
    [post] = discord.posts
    assert len(post.edits) == 1


async def test_an_end_is_green(discord: FakeDiscord, webhook: DiscordWebhook) -> None:
    receipt = await webhook.send(row(), "")

    await webhook.send(row(message(RESOLVED)), receipt)

    assert discord.contents[0].startswith("**🟢 ")


@pytest.mark.parametrize("kind", [REMINDER, UPDATED])
async def test_a_reminder_and_a_rise_in_severity_are_new_posts(
    discord: FakeDiscord, webhook: DiscordWebhook, kind: object
) -> None:
    first = await webhook.send(row(), "")

    second = await webhook.send(row(message(kind)), first)  # type: ignore[arg-type]  # a kind

    assert second == discord.posts[1].id != first


async def test_a_quiet_post_makes_no_push(discord: FakeDiscord, webhook: DiscordWebhook) -> None:
    await webhook.send(row(message(OPENED, quiet=True, severity=Severity.INFO)), "")

    assert discord.posts[0].silent


async def test_nothing_pings_on_create_or_edit(
    discord: FakeDiscord, webhook: DiscordWebhook
) -> None:
    receipt = await webhook.send(row(message(text="@everyone <@1>")), "")
    await webhook.send(row(message(RESOLVED, text="@here")), receipt)

    assert not discord.posts[0].pinged
    assert [body["allowed_mentions"] for _, _, body in discord.calls] == [{"parse": []}] * 2


async def test_a_deleted_post_is_posted_anew(discord: FakeDiscord, webhook: DiscordWebhook) -> None:
    receipt = await webhook.send(row(), "")
    discord.delete(discord.posts[0])

    again = await webhook.send(row(message(UPDATED, quiet=True)), receipt)

    assert [post.id for post in discord.posts] == [again]


async def test_a_thread_is_posted_to_and_edited_in(
    discord: FakeDiscord, webhook: DiscordWebhook
) -> None:
    receipt = await webhook.send(row(target="discord:200:555"), "")
    again = await webhook.send(row(message(RESOLVED), target="discord:200:555"), receipt)

    [post] = discord.posts
    assert receipt == again == f"{post.id}:555"
    assert (post.thread, len(post.edits)) == ("555", 1)


async def test_a_thread_that_is_gone_costs_the_thread_not_the_message(
    discord: FakeDiscord, webhook: DiscordWebhook
) -> None:
    receipt = await webhook.send(row(target="discord:200:556"), "")

    assert [(post.id, post.thread) for post in discord.posts] == [(receipt, "")]


async def test_another_channel_is_the_webhooks_own(
    discord: FakeDiscord, webhook: DiscordWebhook
) -> None:
    await webhook.send(row(target="discord:999"), "")

    assert discord.posts[0].thread == ""


async def test_a_rate_limit_carries_its_wait(discord: FakeDiscord, webhook: DiscordWebhook) -> None:
    discord.faults.append(rate_limited(1.25))

    with pytest.raises(Throttled) as caught:
        await webhook.send(row(), "")

    assert caught.value.retry_after == 2.0


async def test_a_ban_by_cloudflare_is_waited_out_for_a_minute(
    discord: FakeDiscord, webhook: DiscordWebhook
) -> None:
    discord.faults.append(rate_limited(0, by_cloudflare=True))

    with pytest.raises(Throttled) as caught:
        await webhook.send(row(), "")

    assert caught.value.retry_after == 60.0


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(status=503, body="<html>"), Fault(drop=True)]
)
async def test_an_outage_is_transient_and_is_asked_once(
    discord: FakeDiscord, webhook: DiscordWebhook, fault: Fault
) -> None:
    discord.faults.append(fault)

    with pytest.raises(Transient) as caught:
        await webhook.send(row(), "")

    assert len(discord.calls) == 1
    assert discord.webhook[1] not in str(caught.value)


async def test_nobody_listening_is_transient() -> None:
    await assert_unreachable("http://127.0.0.1:9/api/webhooks/1/t0k3n", "Connection refused")


async def test_a_host_that_has_no_name_is_transient() -> None:
    await assert_unreachable("http://nowhere.invalid/api/webhooks/1/t0k3n", "its name is not found")


async def test_a_host_that_speaks_no_tls_is_transient(discord: FakeDiscord) -> None:
    url = discord.webhook_url.replace("http://", "https://")
    await assert_unreachable(url, "its certificate is not trusted, or it speaks no TLS")


async def assert_unreachable(url: str, reason: str) -> None:
    """The error says why, and neither the address nor the token."""
    notifier = connect(url)

    with pytest.raises(Transient) as caught:
        await notifier.send(row(), "")

    await notifier.close()
    assert str(caught.value) == f"Discord cannot be reached: {reason}"


@pytest.mark.parametrize(("gone", "kind"), [(("101", "x"), Absent), (("100", "x"), Forbidden)])
async def test_a_dead_webhook_is_permanent_and_not_asked_again(
    discord: FakeDiscord,
    webhook: DiscordWebhook,
    gone: tuple[str, str],
    kind: type[Permanent],
) -> None:
    discord.webhook = gone

    with pytest.raises(kind):
        await webhook.send(row(), "")
    with pytest.raises(kind) as caught:
        await webhook.send(row(), "")

    assert "DISCORD_WEBHOOK_URL" in caught.value.hint
    assert len(discord.calls) == 1


async def test_a_webhook_that_died_between_post_and_edit_is_permanent(
    discord: FakeDiscord, webhook: DiscordWebhook
) -> None:
    receipt = await webhook.send(row(), "")
    discord.webhook = ("101", "x")

    with pytest.raises(Absent):
        await webhook.send(row(message(RESOLVED)), receipt)


async def test_a_refused_text_is_permanent_for_this_row_only(
    discord: FakeDiscord, webhook: DiscordWebhook
) -> None:
    discord.faults.append(Fault(status=400, body={"code": 50035, "message": "Invalid Form Body"}))

    with pytest.raises(Permanent, match="50035 Invalid Form Body"):
        await webhook.send(row(), "")

    assert await webhook.send(row(), "")


async def test_the_longest_text_fits(discord: FakeDiscord, webhook: DiscordWebhook) -> None:
    await webhook.send(row(message(text="*🔴\n" * 1000)), "")

    assert len(discord.contents[0]) <= 2000


async def test_an_api_url_replaces_the_host_of_the_webhook(discord: FakeDiscord) -> None:
    url = "https://discord.com/api/webhooks/" + "/".join(discord.webhook)
    notifier = connect(url, api_url=f"{discord.api_url}/")

    await notifier.send(row(), "")
    await notifier.close()

    assert discord.calls[0][1].startswith("/api/v10/webhooks/100/")


@pytest.mark.parametrize("url", ["", "https://discord.com/channels/1/2", "ftp://x/webhooks/1/a"])
def test_an_address_that_is_no_webhook_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="DISCORD_WEBHOOK_URL"):
        connect(url)


async def test_closing_what_was_never_used_is_fine() -> None:
    await connect("https://discord.com/api/webhooks/1/a").close()
