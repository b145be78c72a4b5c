import { setTimeout as delay } from 'node:timers/promises';
import { eventually, type SpawnedProcess } from '@dms/test-kit';
import { z } from 'zod';
import { runProgram, START_TIMEOUT_MS } from './programs.ts';
import { type Truth, truthSchema } from './truth.ts';

const statusSchema = z.object({
  ready: z.boolean(),
  messages: z.number(),
  script: z.object({ total: z.number(), played: z.number(), finished: z.boolean() }).nullable(),
});
const sessionsSchema = z.object({ identifies: z.number(), resumes: z.number() });
const messageSchema = z.object({ id: z.string() });
const actedSchema = z.object({ id: z.string().optional() });
const faultSchema = z.object({ id: z.string(), fired: z.number() });

/** The simulator's control API. */
export interface SimulatorControl {
  status(): Promise<z.infer<typeof statusSchema>>;
  sessions(): Promise<z.infer<typeof sessionsSchema>>;
  truth(): Promise<Truth>;
  /** Returns the new message's id. The channel must be one of the script's. */
  post(message: { readonly channel: string; readonly user: string; readonly text: string }): Promise<string>;
  /** Anything else the simulator can do, in its own words; returns the new message's id, if there is one. */
  act(action: { readonly op: string; readonly [parameter: string]: unknown }): Promise<string>;
  edit(id: string, text: string): Promise<void>;
  /** Several at once are one bulk delete. */
  remove(...ids: readonly string[]): Promise<void>;
  /** Posts about 50 messages a second until the returned function is called; it returns how many. Keeps something going on
   *  however long the faults of a test take. */
  trickle(channel: string): () => Promise<number>;
  /** Returns its id. */
  addFault(fault: { readonly kind: string; readonly [parameter: string]: unknown }): Promise<string>;
  fired(faultId: string): Promise<number>;
  clearFault(faultId: string): Promise<void>;
  /** Resolves when the script has come to `step`, default its end. */
  untilPlayed(step?: number, timeoutMs?: number): Promise<void>;
}

/** The simulator as a process of its own. */
export interface Simulator extends SimulatorControl {
  readonly process: SpawnedProcess;
  /** For DISCORD_API_URL. */
  readonly apiUrl: string;
}

/** Sends one request to a path below `/_sim` and returns the body of a good answer. */
export type SendToSimulator = (method: string, path: string, body: string | undefined) => Promise<string>;

export interface SimulatorOptions {
  readonly script?: string;
  /** Messages per second, 0 = as fast as they are read. */
  readonly rate: number;
  /** The only one accepted. */
  readonly token?: string;
}

const PLAY_TIMEOUT_MS = 180_000;
const TRICKLE_INTERVAL_MS = 20;

/** `pnpm simulator` on a free port, without Discord's limits on the pace of requests and IDENTIFYs: what is under test is what
 *  happens to messages, not how long Discord makes a client wait. */
export async function startSimulator({ script, rate, token }: SimulatorOptions): Promise<Simulator> {
  const args = ['--port', '0', '--rate', String(rate), '--no-rate-limits', '--identify-ms', '0'];
  if (script !== undefined) args.push('--script', script);
  if (token !== undefined) args.push('--token', token);
  const program = await runProgram('simulator', {}, args);
  const line = await program.waitForLine(/DISCORD_API_URL=/, START_TIMEOUT_MS);
  const apiUrl = line.slice(line.indexOf('=') + 1).trim();
  const controlUrl = apiUrl.replace(/\/api$/, '/_sim');

  const send: SendToSimulator = async (method, path, body) => {
    const answer = await fetch(`${controlUrl}${path}`, { method, ...(body !== undefined && { body }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text;
  };
  return { process: program, apiUrl, ...controlSimulator(send) };
}

export function controlSimulator(send: SendToSimulator): SimulatorControl {
  const ask = async <T>(path: string, schema: z.ZodType<T>, method = 'GET', body?: unknown): Promise<T> => {
    const text = await send(method, path, body === undefined ? undefined : JSON.stringify(body));
    return schema.parse(text === '' ? null : JSON.parse(text));
  };
  const status = () => ask('/status', statusSchema);
  const post: Simulator['post'] = async (message) => (await ask('/messages', messageSchema, 'POST', message)).id;

  return {
    status,
    sessions: () => ask('/sessions', sessionsSchema),
    truth: () => ask('/truth', truthSchema),
    post,
    act: async (action) => (await ask('/actions', actedSchema, 'POST', action)).id ?? '',
    edit: async (id, text) => void (await ask(`/messages/${id}`, z.unknown(), 'PATCH', { text })),
    async remove(...ids) {
      if (ids.length === 1) await ask(`/messages/${ids[0]}`, z.unknown(), 'DELETE');
      else await ask('/actions', z.unknown(), 'POST', { op: 'bulk_delete', messages: ids });
    },
    trickle(channel) {
      const stopping = new AbortController();
      const posting = (async () => {
        for (let posted = 0; ; posted += 1) {
          if (stopping.signal.aborted) return posted;
          await post({ channel, user: 'Brook', text: `drop ${posted}` });
          await delay(TRICKLE_INTERVAL_MS, undefined, { signal: stopping.signal }).catch(() => {});
        }
      })();
      // Told by whoever stops it.
      posting.catch(() => {});
      return () => {
        stopping.abort();
        return posting;
      };
    },
    addFault: async (fault) => (await ask('/faults', faultSchema, 'POST', fault)).id,
    fired: async (id) => (await ask(`/faults/${id}`, faultSchema)).fired,
    clearFault: async (id) => void (await ask(`/faults/${id}`, z.unknown(), 'DELETE')),
    async untilPlayed(step = Number.POSITIVE_INFINITY, timeoutMs = PLAY_TIMEOUT_MS) {
      await eventually(
        async () => {
          const { script: progress } = await status();
          if (progress === null) throw new Error('there is no script');
          if (!progress.finished && progress.played < step) {
            throw new Error(`the script is at ${progress.played} of ${progress.total}`);
          }
        },
        { timeoutMs, intervalMs: 100 },
      );
    },
  };
}
