import {
  type Erasure,
  erasureSchema,
  type OptOut,
  type OptOutPage,
  optOutPageSchema,
  optOutSchema,
} from '@dms/protocol';
import { reasonOf } from './reason-of.ts';

/** The server's own sentence, or what happened instead of an answer. */
export class AdminApiError extends Error {
  readonly code = 'admin_api';
  /** Asking again may help. */
  readonly isPassing: boolean;
  constructor(message: string, isPassing: boolean) {
    super(message);
    this.name = 'AdminApiError';
    this.isPassing = isPassing;
  }
}

/** The admin routes of a server. @throws AdminApiError */
export interface AdminApi {
  requestErasure(userId: string): Promise<Erasure>;
  erasure(id: string): Promise<Erasure>;
  optOut(userId: string): Promise<OptOut>;
  optIn(userId: string): Promise<void>;
  optOuts(afterId: string): Promise<OptOutPage>;
}

const TIMEOUT_MS = 15_000;
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function createAdminApi(url: string, key: string | null): AdminApi {
  const ask = async (method: string, path: string): Promise<unknown> => {
    const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${url}${path}`, { method, headers, signal }).catch((error: unknown) => {
      throw new AdminApiError(`no answer from ${new URL(url).host} (${reasonOf(error)})`, true);
    });
    const text = await response.text();
    const body: unknown = parse(text);
    if (response.ok) return body;
    throw new AdminApiError(
      detailOf(body) ?? `the server answered ${response.status}`,
      PASSING_STATUSES.has(response.status),
    );
  };
  return {
    requestErasure: async (userId) => erasureSchema.parse(await ask('POST', `/admin/erasures?user_id=${userId}`)),
    erasure: async (id) => erasureSchema.parse(await ask('GET', `/admin/erasures/${id}`)),
    optOut: async (userId) => optOutSchema.parse(await ask('PUT', `/admin/opt-outs/${userId}`)),
    optIn: async (userId) => void (await ask('DELETE', `/admin/opt-outs/${userId}`)),
    optOuts: async (afterId) => optOutPageSchema.parse(await ask('GET', `/admin/opt-outs?after=${afterId}`)),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const detailOf = (body: unknown): string | null =>
  typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string' ? body.detail : null;
