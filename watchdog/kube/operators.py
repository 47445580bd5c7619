"""The APIs that operators bring, each uninstalled in many clusters without anything being wrong."""

from watchdog.domain.objects import (
    argov1,
    autoscalingv1,
    backupv1,
    certmanagerv1,
    externalsecretsv1,
    fluxv1,
    gatewayv1,
    metav1,
    storagev1,
)
from watchdog.kube.kind import Kind


def _api(
    group: str,
    version: str,
    *,
    prefix: str = "",
    namespaced: bool = True,
    **records: type[metav1.Object],
) -> tuple[Kind, ...]:
    """The kinds of one API by their plural names; a need is such a name behind the prefix."""
    return tuple(
        Kind(
            need=f"{prefix}{plural}",
            plural=plural if prefix else "",
            group=group,
            version=version,
            record=record,
            namespaced=namespaced,
            optional=True,
        )
        for plural, record in records.items()
    )


_CERTIFICATES = "cert-manager.io"
_GATEWAYS = "gateway.networking.k8s.io"
_STORES = "external-secrets.io"
_LONGHORN = "longhorn.io"
OPERATED = (
    *_api("snapshot.storage.k8s.io", "v1", volumesnapshots=storagev1.VolumeSnapshot),
    *_api(_GATEWAYS, "v1", namespaced=False, gatewayclasses=gatewayv1.GatewayClass),
    *_api(_GATEWAYS, "v1", gateways=gatewayv1.Gateway, httproutes=gatewayv1.HTTPRoute),
    *_api(
        _CERTIFICATES,
        "v1",
        certificates=certmanagerv1.Certificate,
        certificaterequests=certmanagerv1.CertificateRequest,
        issuers=certmanagerv1.Issuer,
    ),
    *_api(_CERTIFICATES, "v1", namespaced=False, clusterissuers=certmanagerv1.ClusterIssuer),
    *_api(
        "acme.cert-manager.io", "v1", orders=certmanagerv1.Order, challenges=certmanagerv1.Challenge
    ),
    *_api(
        "argoproj.io", "v1alpha1", applications=argov1.Application, appprojects=argov1.AppProject
    ),
    *_api("kustomize.toolkit.fluxcd.io", "v1", kustomizations=fluxv1.Kustomization),
    *_api("helm.toolkit.fluxcd.io", "v2", helmreleases=fluxv1.HelmRelease),
    *_api(
        "source.toolkit.fluxcd.io",
        "v1",
        gitrepositories=fluxv1.GitRepository,
        ocirepositories=fluxv1.OCIRepository,
        helmrepositories=fluxv1.HelmRepository,
        buckets=fluxv1.Bucket,
    ),
    *_api(
        _STORES,
        "v1",
        externalsecrets=externalsecretsv1.ExternalSecret,
        secretstores=externalsecretsv1.SecretStore,
    ),
    *_api(
        _STORES, "v1", namespaced=False, clustersecretstores=externalsecretsv1.ClusterSecretStore
    ),
    *_api("keda.sh", "v1alpha1", scaledobjects=autoscalingv1.ScaledObject),
    *_api(_LONGHORN, "v1beta2", recurringjobs=backupv1.RecurringJob),
    *_api(
        _LONGHORN,
        "v1beta2",
        prefix="longhorn",
        volumes=backupv1.LonghornVolume,
        backups=backupv1.LonghornBackup,
    ),
    *_api(
        "velero.io",
        "v1",
        prefix="velero",
        schedules=backupv1.Schedule,
        backups=backupv1.VeleroBackup,
    ),
)
