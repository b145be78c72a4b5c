import { type Manifest, nameOf } from './manifests.ts';

/** Values that the API's types leave open (any string) and an API server does not. By the end of the path. */
const ALLOWED: readonly (readonly [path: RegExp, value: RegExp])[] = [
  [/\.strategy\.type$/, /^RollingUpdate$/],
  [/\.seccompProfile\.type$/, /^RuntimeDefault$/],
  [/\.metrics\.\d+\.type$/, /^Resource$/],
  [/\.target\.type$/, /^AverageValue$/],
  [/\.policies\.\d+\.type$/, /^(Pods|Percent)$/],
  [/\.template\.spec\.restartPolicy$/, /^Never$/],
  [/\.whenUnsatisfiable$/, /^ScheduleAnyway$/],
  [/\.unhealthyPodEvictionPolicy$/, /^AlwaysAllow$/],
  [/\.policyTypes\.\d+$/, /^(Ingress|Egress)$/],
  [/\.protocol$/, /^(TCP|UDP)$/],
  [/\.pathType$/, /^Prefix$/],
  [/\.httpGet\.path$/, /^\/health\/(live|ready)$/],
  [/\.(cpu|memory|averageValue)$/, /^\d+(m|Ki|Mi|Gi)?$/],
  [/\.(maxSurge|maxUnavailable|minAvailable)$/, /^\d+%?$/],
  [/\.metadata\.name$/, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/],
];

export function valueProblems(manifests: readonly Manifest[]): readonly string[] {
  return manifests.flatMap((manifest) => {
    const name = `${manifest.kind} ${nameOf(manifest)}`;
    return leavesOf(manifest, '').flatMap(([path, value]) => {
      const isAllowed = ALLOWED.every(([at, allowed]) => !at.test(path) || allowed.test(value));
      return isAllowed ? [] : [`${name}: ${path} may not be ${value}`];
    });
  });
}

function leavesOf(value: unknown, path: string): readonly (readonly [path: string, value: string])[] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, `${path}.${key}`));
}
