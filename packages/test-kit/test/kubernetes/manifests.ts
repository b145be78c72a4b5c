import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js';
import type { Job } from 'kubernetes-types/batch/v1.js';
import type { ConfigMap, PodTemplateSpec, Service } from 'kubernetes-types/core/v1.js';
import type { Ingress, NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import { parseAllDocuments } from 'yaml';

type Labels = Readonly<Record<string, string>>;

export type Manifest =
  | ConfigMap
  | Deployment
  | HorizontalPodAutoscaler
  | Ingress
  | Job
  | NetworkPolicy
  | PodDisruptionBudget
  | Service;

/** A Deployment or Job, seen as the pods it makes. */
export interface Workload {
  readonly kind: 'Deployment' | 'Job';
  readonly name: string;
  readonly template: PodTemplateSpec;
}

/** Where kubernetes-types declares each kind that we use. */
export const MODULES: Readonly<Record<NonNullable<Manifest['kind']>, string>> = {
  ConfigMap: 'core/v1',
  Deployment: 'apps/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Ingress: 'networking/v1',
  Job: 'batch/v1',
  NetworkPolicy: 'networking/v1',
  PodDisruptionBudget: 'policy/v1',
  Service: 'core/v1',
};

/** Reads what kubectl renders. Whether each object has the shape its kind promises is for `typeProblems` to say.
 *  @throws for text that is no YAML, and for a kind that `MODULES` does not know. */
export function parseManifests(yaml: string): readonly Manifest[] {
  // kubectl reads YAML 1.1, where `no` is a boolean and `010` is eight.
  return parseAllDocuments(yaml, { version: '1.1' }).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value: unknown = document.toJS();
    if (!isManifest(value)) throw new TypeError(`of no known kind: ${JSON.stringify(value).slice(0, 80)}`);
    return value;
  });
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'kind' in value && String(value.kind) in MODULES;
}

export const nameOf = (manifest: Manifest): string => manifest.metadata?.name ?? '(no name)';

export function workloadsOf(manifests: readonly Manifest[]): readonly Workload[] {
  return manifests.flatMap((manifest) => {
    if (manifest.kind !== 'Deployment' && manifest.kind !== 'Job') return [];
    const { spec } = manifest;
    return spec === undefined ? [] : [{ kind: manifest.kind, name: nameOf(manifest), template: spec.template }];
  });
}

/** The workloads whose pods have these labels. */
export function podsOf(manifests: readonly Manifest[], labels: Labels | undefined): readonly Workload[] {
  return workloadsOf(manifests).filter(({ template }) => hasLabels(template.metadata?.labels, labels));
}

/** Whether a container of the pod declares the port, by name or number. */
export function listensOn({ template }: Workload, wanted: number | string | undefined): boolean {
  const ports = (template.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.some(({ name, containerPort }) => wanted === name || wanted === containerPort);
}

export const hasLabels = (labels: Labels = {}, wanted: Labels = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

/** One sentence for each item that is not fine. */
export const complaints = <T>(
  items: readonly T[],
  isFine: (item: T) => boolean,
  say: (item: T) => string,
): readonly string[] => items.filter((item) => !isFine(item)).map(say);
