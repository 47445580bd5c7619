"""corefile: how a Corefile is taken apart."""

import pytest

from watchdog.domain.ref import Ref
from watchdog.logic.network.corefile import File, Folder, Server, dotted, servers, within

REF = Ref("ConfigMap", "kube-system", "coredns")
CUSTOM = Ref("ConfigMap", "kube-system", "coredns-custom")


def parse(text: str, *, complete: bool = True, **files: str) -> tuple[Server, ...]:
    folder = Folder(
        tuple(File(CUSTOM, name.replace("_", "."), body) for name, body in files.items()), complete
    )
    return servers(File(REF, "Corefile", text), folder)


def names(server: Server) -> list[str]:
    return [each.name for each in server.directives]


def test_a_block_has_zones_plugins_arguments_and_bodies() -> None:
    [server] = parse(
        """
        .:53 {
            errors  # said to the log
            kubernetes cluster.local in-addr.arpa {
                pods insecure
                fallthrough in-addr.arpa
            }
            template IN A shop.svc.cluster.local {
                match "^a \\"b\\"\\.c$"
            }
        }
        """
    )

    assert (server.zones, server.complete) == ((".",), True)
    errors, kubernetes, template = server.directives
    assert (errors.name, errors.args, errors.body) == ("errors", (), ())
    assert kubernetes.args == ("cluster.local", "in-addr.arpa")
    assert kubernetes.said("fallthrough") == ("in-addr.arpa",)
    assert kubernetes.said("namespaces") is None
    assert template.body == (("match", '^a "b"\\.c$'),)
    assert template.where == "line 8 of Corefile: template IN A shop.svc.cluster.local"


def test_the_keys_of_a_block_may_be_many_and_on_several_lines() -> None:
    [server] = parse("a.org, dns://B.org:53,\nc.org,\nd.org {\n  whoami\n}")

    assert server.zones == ("a.org.", "b.org.", "c.org.", "d.org.")


def test_other_transports_and_ports_do_not_answer_plain_dns() -> None:
    found = parse("tls://.:853 {\n  log\n}\n.:53 {\n  errors\n}\n.:5300 {\n  debug\n}")

    assert [names(each) for each in found] == [["errors"]]


def test_a_dns_that_listens_elsewhere_is_taken_as_it_is() -> None:
    [server] = parse(".:1053 {\n  errors\n}")

    assert server.zones == (".",)


def test_snippets_and_files_are_put_where_they_are_imported() -> None:
    found = parse(
        "(common) {\n  errors\n  import more.override\n}\n"
        ".:53 {\n  import common\n  import /etc/coredns/custom/*.override\n  reload\n}\n"
        "import /etc/coredns/custom/*.server\n",
        more_override="log",
        stub_server="consul.local:53 {\n  forward . 192.0.2.1\n}",
    )

    assert [names(each) for each in found] == [["errors", "log", "log", "reload"], ["forward"]]
    assert all(each.complete for each in found)
    assert found[0].directives[1].config == CUSTOM


@pytest.mark.parametrize(
    "text",
    [
        ".:53 {\n  import gone.conf\n}",  # a file that is not there
        "(a) {\n  import a\n}\n.:53 {\n  import a\n}",  # without end
        ".:53 {\n  import bad.override\n}",  # cannot be parsed
        ".:53 {\n  errors\n}\nimport gone.conf\n",  # another block may be in it
    ],
)
def test_an_import_that_cannot_be_followed_leaves_the_block_incomplete(text: str) -> None:
    [server] = parse(text, bad_override="log {\n")

    assert not server.complete


def test_a_pattern_that_matches_no_file_imports_nothing_unless_files_are_unread() -> None:
    text = ".:53 {\n  errors\n  import custom/*.override\n}"

    [all_read], [unread] = parse(text), parse(text, complete=False)

    assert (all_read.complete, unread.complete) == (True, False)


@pytest.mark.parametrize("text", ["", ".:53 {\n  errors\n", "}\n", ".:53 {\n errors\n}\n}\n"])
def test_what_cannot_be_parsed_has_no_block(text: str) -> None:
    assert parse(text) == ()


def test_a_line_with_import_alone_is_a_plugin_like_any_other() -> None:
    [server] = parse(".:53 {\n  import\n}")

    assert names(server) == ["import"]


@pytest.mark.parametrize(
    ("name", "zones", "zone"),
    [
        ("a.b.org.", ["org.", "b.org.", "."], "b.org."),
        ("a.b.org.", ["."], "."),
        ("org.", ["org."], "org."),
        ("xorg.", ["org."], ""),
    ],
)
def test_the_longest_zone_wins(name: str, zones: list[str], zone: str) -> None:
    assert within(name, zones) == zone


def test_names_are_compared_in_small_letters_with_a_dot() -> None:
    assert (dotted("A.b"), dotted("a.b."), dotted("")) == ("a.b.", "a.b.", ".")
