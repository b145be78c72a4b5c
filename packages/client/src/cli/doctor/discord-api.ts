import { setTimeout as sleep } from 'node:timers/promises';
import { isObject } from '../../server-frame.ts';
import { reasonOf } from '../reason-of.ts';

/** One answer of Discord's REST API. */
export interface DiscordAnswer {
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  readonly body: unknown;
  /** Discord's words, or why no answer came. */
  readonly message: string;
  /** How far this machine's clock is ahead of Discord's, in milliseconds, ± what `Date` and the way leave open; null = unknown. */
  readonly clockAheadMs: number | null;
}

export type DiscordApi = (path: string) => Promise<DiscordAnswer>;

const TIMEOUT_MS = 10_000;
const MAX_TRIES = 4;
const MAX_WAIT_MS = 10_000;
/** `Date` has no fractions: the truth lies half a second later on average. */
const HALF_SECOND_MS = 500;

/** Asks with the bot's token; waits when Discord says to. `apiUrl` as in `DISCORD_API_URL`. Never rejects. */
export function createDiscordApi(apiUrl: string, token: string): DiscordApi {
  return async (path) => {
    for (let tries = 1; ; tries += 1) {
      const { answer, retryAfterMs } = await ask(`${apiUrl.replace(/\/+$/, '')}/v10${path}`, token);
      if (answer.status !== 429 || tries === MAX_TRIES) return answer;
      await sleep(Math.min(retryAfterMs, MAX_WAIT_MS));
    }
  };
}

async function ask(url: string, token: string) {
  const startedAtMs = Date.now();
  try {
    const headers = { Authorization: `Bot ${token}`, 'User-Agent': 'DiscordBot (doctor, 1)' };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const middleMs = (startedAtMs + Date.now()) / 2;
    const text = await response.text();
    const body = parse(text);
    const dateMs = Date.parse(response.headers.get('date') ?? '');
    const answer: DiscordAnswer = {
      status: response.status,
      body,
      message: isObject(body) && typeof body.message === 'string' ? body.message : `HTTP ${response.status}`,
      clockAheadMs: Number.isNaN(dateMs) ? null : middleMs - dateMs - HALF_SECOND_MS,
    };
    return { answer, retryAfterMs: Number(response.headers.get('retry-after') ?? 1) * 1_000 };
  } catch (error) {
    const message = reasonOf(error);
    return { answer: { status: 0, body: null, message, clockAheadMs: null }, retryAfterMs: 0 };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
