"""Which API serves each need, and how it is listed. Values only: nothing here talks to a cluster.

A need is what a check declares: the plural resource name ("pods"), or a word of its own where two
groups use one name ("nodemetrics"). One more kind is one more line.
"""

from dataclasses import dataclass

from watchdog.domain import objects as k8s

LOGS = "logs"  # a need that is read per container after detection, never listed
STATS = "stats"  # a need that each kubelet answers for its own node; see `kube.stats`

_WARNINGS_ONLY = (("fieldSelector", "type!=Normal"),)
_SCALINGS = (("fieldSelector", "reason=ScalingReplicaSet"),)


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
    record: type[k8s.Object]
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
_GATEWAYS = "gateway.networking.k8s.io"
_ALL = (
    Kind(need="pods", record=k8s.Pod),
    Kind(need="nodes", record=k8s.Node, namespaced=False),
    Kind(need="namespaces", record=k8s.Namespace, namespaced=False),
    Kind(need="events", record=k8s.Event, query=_WARNINGS_ONLY),
    Kind(need="deployments", group="apps", record=k8s.Deployment),
    Kind(need="replicasets", group="apps", record=k8s.ReplicaSet),
    Kind(need="statefulsets", group="apps", record=k8s.StatefulSet),
    Kind(need="daemonsets", group="apps", record=k8s.DaemonSet),
    Kind(need="controllerrevisions", group="apps", record=k8s.ControllerRevision),
    Kind(need="jobs", group="batch", record=k8s.Job),
    Kind(need="cronjobs", group="batch", record=k8s.CronJob),
    Kind(need="persistentvolumeclaims", record=k8s.PersistentVolumeClaim),
    Kind(need="persistentvolumes", record=k8s.PersistentVolume, namespaced=False),
    Kind(need="storageclasses", group="storage.k8s.io", record=k8s.StorageClass, namespaced=False),
    Kind(
        need="volumeattachments",
        group="storage.k8s.io",
        record=k8s.VolumeAttachment,
        namespaced=False,
    ),
    Kind(
        need="volumesnapshots",
        group="snapshot.storage.k8s.io",
        record=k8s.VolumeSnapshot,
        optional=True,
    ),
    Kind(need="resourcequotas", record=k8s.ResourceQuota),
    Kind(need="limitranges", record=k8s.LimitRange),
    Kind(need="serviceaccounts", record=k8s.ServiceAccount, metadata_only=True),
    # Their data may hold what people should have put into a Secret: it is never asked for.
    Kind(need="configmaps", record=k8s.ConfigMap, metadata_only=True),
    Kind(need="services", record=k8s.Service),
    Kind(need="endpointslices", group="discovery.k8s.io", record=k8s.EndpointSlice),
    Kind(need="networkpolicies", group=_NETWORKING, record=k8s.NetworkPolicy),
    Kind(need="ingresses", group=_NETWORKING, record=k8s.Ingress),
    Kind(need="ingressclasses", group=_NETWORKING, record=k8s.IngressClass, namespaced=False),
    Kind(
        need="gatewayclasses",
        group=_GATEWAYS,
        record=k8s.GatewayClass,
        namespaced=False,
        optional=True,
    ),
    Kind(need="gateways", group=_GATEWAYS, record=k8s.Gateway, optional=True),
    Kind(need="httproutes", group=_GATEWAYS, record=k8s.HTTPRoute, optional=True),
    Kind(need="scalings", plural="events", record=k8s.Scaling, query=_SCALINGS),
    Kind(
        need="mutatingwebhookconfigurations",
        group=_ADMISSION,
        record=k8s.MutatingWebhookConfiguration,
        namespaced=False,
    ),
    Kind(
        need="validatingwebhookconfigurations",
        group=_ADMISSION,
        record=k8s.ValidatingWebhookConfiguration,
        namespaced=False,
    ),
    Kind(need="roles", group=_RBAC, record=k8s.Role),
    Kind(need="rolebindings", group=_RBAC, record=k8s.RoleBinding),
    Kind(need="clusterroles", group=_RBAC, record=k8s.ClusterRole, namespaced=False),
    Kind(need="clusterrolebindings", group=_RBAC, record=k8s.ClusterRoleBinding, namespaced=False),
    Kind(
        need="priorityclasses",
        group="scheduling.k8s.io",
        record=k8s.PriorityClass,
        namespaced=False,
    ),
    Kind(need="poddisruptionbudgets", group="policy", record=k8s.PodDisruptionBudget),
    Kind(need="leases", group="coordination.k8s.io", record=k8s.Lease),
    Kind(
        need="nodemetrics",
        plural="nodes",
        group=_METRICS,
        version="v1beta1",
        record=k8s.NodeMetrics,
        namespaced=False,
        optional=True,
    ),
    Kind(
        need="podmetrics",
        plural="pods",
        group=_METRICS,
        version="v1beta1",
        record=k8s.PodMetrics,
        optional=True,
    ),
    Kind(
        need="horizontalpodautoscalers",
        group="autoscaling",
        version="v2",
        record=k8s.HorizontalPodAutoscaler,
    ),
    Kind(
        need="apiservices", group="apiregistration.k8s.io", record=k8s.APIService, namespaced=False
    ),
    Kind(
        need="certificates",
        group="cert-manager.io",
        version="v1",
        record=k8s.Certificate,
        optional=True,
    ),
    Kind(
        need="certificaterequests",
        group="cert-manager.io",
        version="v1",
        record=k8s.CertificateRequest,
        optional=True,
    ),
    Kind(need="issuers", group="cert-manager.io", version="v1", record=k8s.Issuer, optional=True),
    Kind(
        need="clusterissuers",
        group="cert-manager.io",
        version="v1",
        record=k8s.ClusterIssuer,
        optional=True,
        namespaced=False,
    ),
    Kind(
        need="orders", group="acme.cert-manager.io", version="v1", record=k8s.Order, optional=True
    ),
    Kind(
        need="challenges",
        group="acme.cert-manager.io",
        version="v1",
        record=k8s.Challenge,
        optional=True,
    ),
    Kind(
        need="applications",
        group="argoproj.io",
        version="v1alpha1",
        record=k8s.Application,
        optional=True,
    ),
    Kind(
        need="appprojects",
        group="argoproj.io",
        version="v1alpha1",
        record=k8s.AppProject,
        optional=True,
    ),
    Kind(
        need="kustomizations",
        group="kustomize.toolkit.fluxcd.io",
        version="v1",
        record=k8s.Kustomization,
        optional=True,
    ),
    Kind(
        need="helmreleases",
        group="helm.toolkit.fluxcd.io",
        version="v2",
        record=k8s.HelmRelease,
        optional=True,
    ),
    Kind(
        need="gitrepositories",
        group="source.toolkit.fluxcd.io",
        version="v1",
        record=k8s.GitRepository,
        optional=True,
    ),
    Kind(
        need="ocirepositories",
        group="source.toolkit.fluxcd.io",
        version="v1",
        record=k8s.OCIRepository,
        optional=True,
    ),
    Kind(
        need="helmrepositories",
        group="source.toolkit.fluxcd.io",
        version="v1",
        record=k8s.HelmRepository,
        optional=True,
    ),
    Kind(
        need="buckets",
        group="source.toolkit.fluxcd.io",
        version="v1",
        record=k8s.Bucket,
        optional=True,
    ),
    Kind(
        need="externalsecrets",
        group="external-secrets.io",
        version="v1",
        record=k8s.ExternalSecret,
        optional=True,
    ),
    Kind(
        need="secretstores",
        group="external-secrets.io",
        version="v1",
        record=k8s.SecretStore,
        optional=True,
    ),
    Kind(
        need="clustersecretstores",
        group="external-secrets.io",
        version="v1",
        record=k8s.ClusterSecretStore,
        optional=True,
        namespaced=False,
    ),
    Kind(
        need="scaledobjects",
        group="keda.sh",
        version="v1alpha1",
        record=k8s.ScaledObject,
        optional=True,
    ),
)

KINDS = {kind.need: kind for kind in _ALL}
