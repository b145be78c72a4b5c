import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Availability } from '@dms/test-kit';
import { baseEnvironment } from '../../src/infrastructure.ts';
import { ROOT } from '../docs-markdown.ts';

export const FOLDER = join(ROOT, 'docs/kubernetes');
const REASON = 'no kubectl in PATH';

/** kubectl of this machine. @throws at import when REQUIRE_INFRA=1 and there is none, so that CI cannot skip in silence. */
export const kubectl = findKubectl();

/** What `kubectl apply -k` would send; no cluster is asked. @throws without kubectl, and when it refuses the folder. */
export function render(folder: string): string {
  if (!kubectl.available) throw new Error(kubectl.reason);
  // The developer's clusters are none of our business.
  const env = { ...baseEnvironment, KUBECONFIG: '/dev/null' };
  return execFileSync(kubectl.program, ['kustomize', folder], { encoding: 'utf8', env, stdio: 'pipe' });
}

function findKubectl(): Availability<{ readonly program: string }> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const program = folders.map((folder) => join(folder, 'kubectl')).find(isExecutable);
  if (program !== undefined) return { available: true, program };
  if (process.env.REQUIRE_INFRA === '1') throw new Error(`REQUIRE_INFRA=1, but there is ${REASON}`);
  return { available: false, reason: REASON };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
