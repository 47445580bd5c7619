"""Which API serves each need, and how it is listed. Values only: nothing here talks to a cluster.

A need is what a check declares: the plural resource name ("pods"), or a word of its own where two
groups use one name ("nodemetrics"). One more kind is one more line, of an operator's in `operators`.
"""

from watchdog.domain.objects import (
    admissionv1,
    apiregistrationv1,
    appsv1,
    autoscalingv1,
    batchv1,
    corev1,
    customv1,
    measuredv1,
    networkingv1,
    podv1,
    policyv1,
    rbacv1,
    statsv1,
    storagev1,
    tlsv1,
)
from watchdog.kube.kind import Kind
from watchdog.kube.operators import OPERATED

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
_SCALE_UPS = (("fieldSelector", f"reason={corev1.ScaleUp.REASON}"),)

_ADMISSION = "admissionregistration.k8s.io"
_METRICS = "metrics.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_NETWORKING = "networking.k8s.io"
_NATIVE = (
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
    Kind(need="happenings", plural="events", record=corev1.Happening, query=_HAPPENINGS),
    Kind(need="scaleups", plural="events", record=corev1.ScaleUp, query=_SCALE_UPS),
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
)

KINDS = {kind.need: kind for kind in (*_NATIVE, *OPERATED)}
