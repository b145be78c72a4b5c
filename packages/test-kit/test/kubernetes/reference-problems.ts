import { complaints, listensOn, type Manifest, nameOf, podsOf, workloadsOf } from './manifests.ts';
import { podProblems, type Secrets } from './pod-problems.ts';

/** What the manifests name and nobody provides: selectors without pods, ports without a container, keys without a secret. */
export function referenceProblems(manifests: readonly Manifest[], secrets: Secrets): readonly string[] {
  const names = manifests.map((manifest) => `${manifest.kind} ${nameOf(manifest)}`);
  return [
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is there twice`),
    ...workloadsOf(manifests).flatMap((workload) => podProblems(workload, manifests, secrets)),
    ...manifests.flatMap((manifest, index) =>
      objectProblems(manifest, manifests, secrets).map((problem) => `${names[index]}: ${problem}`),
    ),
  ];
}

/** Problems of everything that is not inside a pod. */
function objectProblems(manifest: Manifest, manifests: readonly Manifest[], secrets: Secrets): readonly string[] {
  switch (manifest.kind) {
    case 'Deployment': {
      const own = podsOf(manifests, manifest.spec?.selector.matchLabels).map(({ name }) => name);
      return own.length === 1 && own[0] === nameOf(manifest)
        ? []
        : [`selects the pods of ${own.join(', ') || 'nobody'}`];
    }
    case 'PodDisruptionBudget':
      return selectionProblems(manifests, manifest.spec?.selector?.matchLabels, []);
    case 'NetworkPolicy': {
      const ports = (manifest.spec?.ingress ?? []).flatMap((rule) => rule.ports ?? []);
      return selectionProblems(
        manifests,
        manifest.spec?.podSelector.matchLabels,
        ports.map(({ port }) => port),
      );
    }
    case 'Service': {
      const ports = manifest.spec?.ports ?? [];
      return selectionProblems(
        manifests,
        manifest.spec?.selector,
        ports.map(({ targetPort }) => targetPort),
      );
    }
    case 'HorizontalPodAutoscaler': {
      const { kind = '', name = '' } = manifest.spec?.scaleTargetRef ?? {};
      const target = manifests.find((other) => other.kind === kind && nameOf(other) === name);
      if (target?.kind !== 'Deployment') return [`there is no ${kind} ${name}`];
      return target.spec?.replicas === undefined ? [] : [`${name} sets replicas itself`];
    }
    case 'Ingress': {
      const services = manifests.flatMap((other) => (other.kind === 'Service' ? [other] : []));
      const doors = services.flatMap((service) =>
        (service.spec?.ports ?? []).map(({ name }) => `${nameOf(service)}:${name}`),
      );
      const backends = (manifest.spec?.rules ?? [])
        .flatMap(({ http }) => http?.paths ?? [])
        .map(({ backend }) => backend);
      return [
        ...complaints(
          (manifest.spec?.tls ?? []).map(({ secretName = '' }) => secretName),
          (name) => secrets.has(name),
          (name) => `there is no secret ${name}`,
        ),
        ...complaints(
          backends.map(({ service }) => `${service?.name}:${service?.port?.name}`),
          (door) => doors.includes(door),
          (door) => `there is no service and port ${door}`,
        ),
      ];
    }
    default:
      return [];
  }
}

function selectionProblems(
  manifests: readonly Manifest[],
  labels: Readonly<Record<string, string>> | undefined,
  ports: readonly (number | string | undefined)[],
): readonly string[] {
  const pods = podsOf(manifests, labels);
  if (pods.length === 0) return ['selects no pod'];
  return complaints(
    ports,
    (port) => pods.every((pod) => listensOn(pod, port)),
    (port) => `no pod listens on ${port}`,
  );
}
