"""Which API serves each need, and how it is listed. Values only: nothing here talks to a cluster.

A need is what a check declares: the plural resource name ("pods"), or a word of its own where two
groups use one name ("nodemetrics"). One more kind is one more line.
"""

from dataclasses import dataclass

from watchdog.domain.objects import (
    admissionv1,
    apiregistrationv1,
    appsv1,
    argov1,
    autoscalingv1,
    backupv1,
    batchv1,
    certmanagerv1,
    corev1,
    customv1,
    externalsecretsv1,
    fluxv1,
    gatewayv1,
    measuredv1,
    metav1,
    networkingv1,
    podv1,
    policyv1,
    rbacv1,
    statsv1,
    storagev1,
    tlsv1,
)

LOGS = "logs"  # a need that is read per container after detection, never listed
DNS = "dnsconfig"  # a need that is one or two ConfigMaps, read by name; see `kube.dnsconfig`
STATS = "stats"  # a need that each kubelet answers for its own node; see `kube.stats`
KUBELETS = measuredv1.NEED  # a need that only a Prometheus answers; see `watchdog.outside`
SERVED = tlsv1.NEED  # a need that the hosts of Ingresses answer; see `watchdog.outside`
SERVER = "apiserver"  # a need that the API server answers of itself; see `kube.server`

_WARNINGS_ONLY = (("fieldSelector", "type!=Normal"),)
# Kinds of which every pod, run or sync makes Normal events: nobody reads those.
NOISY = ("Pod", "ReplicaSet", "Job", "CronJob", "Lease", "Application", "PersistentVolumeClaim")
_HAPPENINGS = (
    (
        "fieldSelector",
        ",".join(("type=Normal", *(f"involvedObject.kind!={kind}" for kind in NOISY))),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One listable kind. `query` is added to every list call.

    `plural` is the resource's name in the API where the need is called otherwise.
    Of a `metadata_only` kind the API server is asked for names and labels alone. An `optional`
    API may be uninstalled without anything being wrong.
    """

    need: str
    plural: str = ""
    group: str = ""
    version: str = "v1"
    record: type[metav1.Object]
    namespaced: bool = True
    query: tuple[tuple[str, str], ...] = ()
    metadata_only: bool = False
    optional: bool = False

    @property
    def path(self) -> str:
        """The path of the list over all namespaces."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/{self.resource}"

    @property
    def resource(self) -> str:
        """The resource's name in paths and in RBAC."""
        return self.plural or self.need

    @property
    def accept(self) -> str:
        """The media type to ask for."""
        if self.metadata_only:
            return "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        return "application/json"


_ADMISSION = "admissionregistration.k8s.io"
_METRICS = "metrics.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_NETWORKING = "networking.k8s.io"
_VELERO = "velero.io"
_LONGHORN = "longhorn.io"
_GATEWAYS = "gateway.networking.k8s.io"
_ALL = (
    Kind(need="pods", record=podv1.Pod),
    Kind(need="nodes", record=corev1.Node, namespaced=False),
    Kind(need="namespaces", record=corev1.Namespace, namespaced=False),
    Kind(need="events", record=corev1.Event, query=_WARNINGS_ONLY),
    Kind(need="deployments", group="apps", record=appsv1.Deployment),
    Kind(need="replicasets", group="apps", record=appsv1.ReplicaSet),
    Kind(need="statefulsets", group="apps", record=appsv1.StatefulSet),
    Kind(need="daemonsets", group="apps", record=appsv1.DaemonSet),
    Kind(need="controllerrevisions", group="apps", record=appsv1.ControllerRevision),
    Kind(need="jobs", group="batch", record=batchv1.Job),
    Kind(need="cronjobs", group="batch", record=batchv1.CronJob),
    Kind(need="persistentvolumeclaims", record=storagev1.PersistentVolumeClaim),
    Kind(need="persistentvolumes", record=storagev1.PersistentVolume, namespaced=False),
    Kind(
        need="storageclasses",
        group="storage.k8s.io",
        record=storagev1.StorageClass,
        namespaced=False,
    ),
    Kind(
        need="volumeattachments",
        group="storage.k8s.io",
        record=storagev1.VolumeAttachment,
        namespaced=False,
    ),
    Kind(
        need="volumesnapshots",
        group="snapshot.storage.k8s.io",
        record=storagev1.VolumeSnapshot,
        optional=True,
    ),
    Kind(need="resourcequotas", record=corev1.ResourceQuota),
    Kind(need="limitranges", record=corev1.LimitRange),
    Kind(need="serviceaccounts", record=corev1.ServiceAccount, metadata_only=True),
    # Their data may hold what people should have put into a Secret: it is never asked for.
    Kind(need="configmaps", record=corev1.ConfigMap, metadata_only=True),
    Kind(need="services", record=corev1.Service),
    Kind(need="endpointslices", group="discovery.k8s.io", record=networkingv1.EndpointSlice),
    Kind(need="networkpolicies", group=_NETWORKING, record=networkingv1.NetworkPolicy),
    Kind(need="ingresses", group=_NETWORKING, record=networkingv1.Ingress),
    Kind(
        need="ingressclasses", group=_NETWORKING, record=networkingv1.IngressClass, namespaced=False
    ),
    Kind(
        need="gatewayclasses",
        group=_GATEWAYS,
        record=gatewayv1.GatewayClass,
        namespaced=False,
        optional=True,
    ),
    Kind(need="gateways", group=_GATEWAYS, record=gatewayv1.Gateway, optional=True),
    Kind(need="httproutes", group=_GATEWAYS, record=gatewayv1.HTTPRoute, optional=True),
    Kind(need="happenings", plural="events", record=corev1.Happening, query=_HAPPENINGS),
    Kind(
        need="mutatingwebhookconfigurations",
        group=_ADMISSION,
        record=admissionv1.MutatingWebhookConfiguration,
        namespaced=False,
    ),
    Kind(
        need="validatingwebhookconfigurations",
        group=_ADMISSION,
        record=admissionv1.ValidatingWebhookConfiguration,
        namespaced=False,
    ),
    Kind(need="roles", group=_RBAC, record=rbacv1.Role),
    Kind(need="rolebindings", group=_RBAC, record=rbacv1.RoleBinding),
    Kind(need="clusterroles", group=_RBAC, record=rbacv1.ClusterRole, namespaced=False),
    Kind(
        need="clusterrolebindings", group=_RBAC, record=rbacv1.ClusterRoleBinding, namespaced=False
    ),
    Kind(
        need="priorityclasses",
        group="scheduling.k8s.io",
        record=policyv1.PriorityClass,
        namespaced=False,
    ),
    Kind(need="poddisruptionbudgets", group="policy", record=policyv1.PodDisruptionBudget),
    Kind(need="leases", group="coordination.k8s.io", record=policyv1.Lease),
    Kind(
        need="nodemetrics",
        plural="nodes",
        group=_METRICS,
        version="v1beta1",
        record=statsv1.NodeMetrics,
        namespaced=False,
        optional=True,
    ),
    Kind(
        need="podmetrics",
        plural="pods",
        group=_METRICS,
        version="v1beta1",
        record=statsv1.PodMetrics,
        optional=True,
    ),
    Kind(
        need="horizontalpodautoscalers",
        group="autoscaling",
        version="v2",
        record=autoscalingv1.HorizontalPodAutoscaler,
    ),
    Kind(
        need="apiservices",
        group="apiregistration.k8s.io",
        record=apiregistrationv1.APIService,
        namespaced=False,
    ),
    # Only their names are asked for: schemas are large.
    Kind(
        need="customresourcedefinitions",
        group="apiextensions.k8s.io",
        record=customv1.CustomResourceDefinition,
        namespaced=False,
        metadata_only=True,
    ),
    Kind(
        need="certificates",
        group="cert-manager.io",
        version="v1",
        record=certmanagerv1.Certificate,
        optional=True,
    ),
    Kind(
        need="certificaterequests",
        group="cert-manager.io",
        version="v1",
        record=certmanagerv1.CertificateRequest,
        optional=True,
    ),
    Kind(
        need="issuers",
        group="cert-manager.io",
        version="v1",
        record=certmanagerv1.Issuer,
        optional=True,
    ),
    Kind(
        need="clusterissuers",
        group="cert-manager.io",
        version="v1",
        record=certmanagerv1.ClusterIssuer,
        optional=True,
        namespaced=False,
    ),
    Kind(
        need="orders",
        group="acme.cert-manager.io",
        version="v1",
        record=certmanagerv1.Order,
        optional=True,
    ),
    Kind(
        need="challenges",
        group="acme.cert-manager.io",
        version="v1",
        record=certmanagerv1.Challenge,
        optional=True,
    ),
    Kind(
        need="applications",
        group="argoproj.io",
        version="v1alpha1",
        record=argov1.Application,
        optional=True,
    ),
    Kind(
        need="appprojects",
        group="argoproj.io",
        version="v1alpha1",
        record=argov1.AppProject,
        optional=True,
    ),
    Kind(
        need="kustomizations",
        group="kustomize.toolkit.fluxcd.io",
        version="v1",
        record=fluxv1.Kustomization,
        optional=True,
    ),
    Kind(
        need="helmreleases",
        group="helm.toolkit.fluxcd.io",
        version="v2",
        record=fluxv1.HelmRelease,
        optional=True,
    ),
    Kind(
        need="gitrepositories",
        group="source.toolkit.fluxcd.io",
        version="v1",
        record=fluxv1.GitRepository,
        optional=True,
    ),
    Kind(
        need="ocirepositories",
        group="source.toolkit.fluxcd.io",
        version="v1",
        record=fluxv1.OCIRepository,
        optional=True,
    ),
    Kind(
        need="helmrepositories",
        group="source.toolkit.fluxcd.io",
        version="v1",
        record=fluxv1.HelmRepository,
        optional=True,
    ),
    Kind(
        need="buckets",
        group="source.toolkit.fluxcd.io",
        version="v1",
        record=fluxv1.Bucket,
        optional=True,
    ),
    Kind(
        need="externalsecrets",
        group="external-secrets.io",
        version="v1",
        record=externalsecretsv1.ExternalSecret,
        optional=True,
    ),
    Kind(
        need="secretstores",
        group="external-secrets.io",
        version="v1",
        record=externalsecretsv1.SecretStore,
        optional=True,
    ),
    Kind(
        need="clustersecretstores",
        group="external-secrets.io",
        version="v1",
        record=externalsecretsv1.ClusterSecretStore,
        optional=True,
        namespaced=False,
    ),
    Kind(
        need="scaledobjects",
        group="keda.sh",
        version="v1alpha1",
        record=autoscalingv1.ScaledObject,
        optional=True,
    ),
    Kind(
        need="veleroschedules",
        plural="schedules",
        group=_VELERO,
        record=backupv1.Schedule,
        optional=True,
    ),
    Kind(
        need="velerobackups",
        plural="backups",
        group=_VELERO,
        record=backupv1.VeleroBackup,
        optional=True,
    ),
    Kind(
        need="recurringjobs",
        group=_LONGHORN,
        version="v1beta2",
        record=backupv1.RecurringJob,
        optional=True,
    ),
    Kind(
        need="longhornvolumes",
        plural="volumes",
        group=_LONGHORN,
        version="v1beta2",
        record=backupv1.LonghornVolume,
        optional=True,
    ),
    Kind(
        need="longhornbackups",
        plural="backups",
        group=_LONGHORN,
        version="v1beta2",
        record=backupv1.LonghornBackup,
        optional=True,
    ),
)

KINDS = {kind.need: kind for kind in _ALL}
