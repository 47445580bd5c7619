"""kinds: every record that checks may read can be listed."""

from importlib import import_module
from pkgutil import iter_modules

from watchdog.domain import objects
from watchdog.domain.objects import dnsv1, measuredv1, metav1, serverv1, statsv1, tlsv1
from watchdog.domain.snapshot import BASE_NEEDS
from watchdog.kube.kinds import KINDS


def test_every_record_has_its_kind() -> None:
    records = {
        each
        for module in iter_modules(objects.__path__, f"{objects.__name__}.")
        for each in vars(import_module(module.name)).values()
        if isinstance(each, type) and issubclass(each, metav1.Object) and each.KIND
    }

    unlisted = {
        statsv1.NodeStats,
        serverv1.APIServer,
        measuredv1.KubeletCertificate,
        dnsv1.DnsConfig,
        tlsv1.ServedCertificate,
    }
    assert {kind.record for kind in KINDS.values()} == records - unlisted


def test_what_every_run_reads_is_known() -> None:
    assert set(BASE_NEEDS) <= set(KINDS)


def test_core_and_named_groups_have_their_paths() -> None:
    assert KINDS["pods"].path == "/api/v1/pods"
    assert KINDS["deployments"].path == "/apis/apps/v1/deployments"
    assert KINDS["nodemetrics"].path == "/apis/metrics.k8s.io/v1beta1/nodes"


def test_of_config_maps_the_metadata_alone_is_asked_for() -> None:
    assert "PartialObjectMetadataList" in KINDS["configmaps"].accept


def test_normal_events_stay_in_the_server() -> None:
    assert KINDS["events"].query == (("fieldSelector", "type!=Normal"),)
