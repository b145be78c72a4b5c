import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { baseEnvironment, infrastructure } from '../../src/infrastructure.ts';
import { ROOT } from '../docs-markdown.ts';

export const FOLDER = join(ROOT, 'docs/kubernetes');

export const { kubectl } = infrastructure;

/** What `kubectl apply -k` would send; no cluster is asked. @throws without kubectl, and when it refuses the folder. */
export function render(folder: string): string {
  if (!kubectl.available) throw new Error(kubectl.reason);
  // The developer's clusters are none of our business.
  const env = { ...baseEnvironment, KUBECONFIG: '/dev/null' };
  return execFileSync(kubectl.program, ['kustomize', folder], { encoding: 'utf8', env, stdio: 'pipe' });
}
