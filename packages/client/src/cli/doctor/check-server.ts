import { createRestClient } from '../../index.ts';
import { isObject } from '../../server-frame.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** What a running server says of its own health. Never rejects. */
export async function checkServer(url: string): Promise<readonly Finding[]> {
  const subject = `server at ${new URL(url).host}`;
  try {
    const health = await createRestClient({ url, maxRetries: 0 }).get('/health');
    const checks = isObject(health) && isObject(health.checks) ? Object.entries(health.checks) : [];
    const ailing = checks.flatMap(([name, check]) =>
      isObject(check) && check.status !== 'ok' ? [`${name}: ${String(check.detail ?? check.status)}`] : [],
    );
    if (ailing.length === 0) return [ok(subject, 'is well')];
    return [warning(subject, ailing.join('; '), 'docs/OPERATIONS.md, "When something fails", says what each means')];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [problem(subject, `is not well: ${reason}`, 'start it with pnpm start, or correct --url')];
  }
}
