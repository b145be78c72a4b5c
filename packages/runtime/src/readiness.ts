/** What `GET /health/ready` says. Any further field is for the operator. */
export interface Readiness {
  /** `degraded`: something elsewhere is away, and what can be done without it is done; still 200, because neither a restart nor
   *  another replica would repair it. `down`: this process is not fit for work, 503. */
  readonly status: 'ok' | 'degraded' | 'down';
  /** Why it is not `ok`; empty when it is. */
  readonly reasons: readonly string[];
  readonly [field: string]: unknown;
}
