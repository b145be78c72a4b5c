import type { Container } from 'kubernetes-types/core/v1.js';
import { complaints, hasLabels, listensOn, type Manifest, nameOf, type Workload } from './manifests.ts';

/** Keys of the secrets that are made beside the manifests, by the secret's name. */
export type Secrets = ReadonlyMap<string, readonly string[]>;

/** What the pods of a workload name and do not get: volumes, secrets, config maps, files, ports. */
export function podProblems(workload: Workload, manifests: readonly Manifest[], secrets: Secrets): readonly string[] {
  const { spec, metadata } = workload.template;
  const { containers = [], volumes = [], topologySpreadConstraints = [] } = spec ?? {};
  const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
  const keys = volumes.flatMap(({ secret }) =>
    (secret?.items ?? []).map(({ key }) => ({ key, secret: secret?.secretName ?? '' })),
  );
  const problems = [
    ...complaints(
      topologySpreadConstraints,
      ({ labelSelector }) => hasLabels(metadata?.labels, labelSelector?.matchLabels),
      ({ topologyKey }) => `spreads other pods over ${topologyKey}`,
    ),
    ...complaints(
      mounted,
      (name) => volumes.some((volume) => volume.name === name),
      (name) => `there is no volume ${name}`,
    ),
    ...complaints(
      keys,
      ({ key, secret }) => secrets.get(secret)?.includes(key) === true,
      ({ key, secret }) => `there is no secret ${secret} with a key ${key}`,
    ),
    ...containers.flatMap((container) => containerProblems(container, workload, manifests)),
  ];
  return problems.map((problem) => `${workload.kind} ${workload.name}: ${problem}`);
}

function containerProblems(
  container: Container,
  workload: Workload,
  manifests: readonly Manifest[],
): readonly string[] {
  const { env = [], envFrom = [], ports = [], readinessProbe, livenessProbe } = container;
  const maps = manifests.filter(({ kind }) => kind === 'ConfigMap').map(nameOf);
  const mounted = filesOf(container, workload);
  const named = env.filter(({ name }) => name.endsWith('_FILE')).map(({ value = '' }) => value);
  const valueOfVariable = (wanted: string) => env.find(({ name }) => name === wanted)?.value;
  return [
    ...complaints(
      envFrom.map(({ configMapRef }) => configMapRef?.name ?? ''),
      (name) => maps.includes(name),
      (name) => `there is no config map ${name}`,
    ),
    ...complaints(
      named,
      (file) => mounted.includes(file),
      (file) => `${file} is not mounted`,
    ),
    ...complaints(
      mounted,
      (file) => named.includes(file),
      (file) => `${file} is mounted, and no variable names it`,
    ),
    ...complaints(
      [readinessProbe, livenessProbe].flatMap((probe) => probe?.httpGet?.port ?? []),
      (port) => listensOn(workload, port),
      (port) => `probes ${port}, where nobody listens`,
    ),
    // The process opens what its environment says, whatever the manifest declares.
    ...complaints(
      [
        { name: 'http', opened: valueOfVariable('PORT') },
        { name: 'metrics', opened: valueOfVariable('METRICS_PORT') },
      ],
      ({ name, opened }) => opened === ports.find((port) => port.name === name)?.containerPort.toString(),
      ({ name, opened }) => `declares another port ${name} than the process opens: ${opened}`,
    ),
  ];
}

/** Paths of the files that the pod's secrets put into the container. */
function filesOf({ volumeMounts = [] }: Container, { template }: Workload): readonly string[] {
  return volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = template.spec?.volumes?.find((one) => one.name === name);
    return (volume?.secret?.items ?? []).map(({ path }) => `${mountPath}/${path}`);
  });
}
