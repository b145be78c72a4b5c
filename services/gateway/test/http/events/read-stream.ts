import { z } from 'zod';

const frameSchema = z.looseObject({ op: z.number(), s: z.number().optional(), p: z.string().optional() });
export type Frame = z.infer<typeof frameSchema>;

export interface SseMessage {
  readonly id: string | null;
  readonly type: string | null;
  readonly data: string | null;
}

/** One answer that does not end, read piece by piece. */
export interface StreamReader<T> {
  readonly response: Response;
  /** The next `count` pieces; fails when the answer ends before. */
  take(count: number): Promise<readonly T[]>;
  /** What is left, until the server ends the answer. */
  rest(): Promise<readonly T[]>;
  close(): Promise<void>;
}

async function open<T>(
  url: string,
  headers: Readonly<Record<string, string>>,
  separator: string,
  parse: (text: string) => T,
): Promise<StreamReader<T>> {
  const aborting = new AbortController();
  const response = await fetch(url, { headers, signal: aborting.signal });
  if (response.status !== 200 || response.body === null) {
    aborting.abort();
    throw new Error(`answered ${response.status}`);
  }
  const body = response.body;
  async function* pieces(): AsyncGenerator<T> {
    let rest = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split(separator);
      rest = parts.pop() ?? '';
      yield* parts.map(parse);
    }
    if (rest !== '') throw new Error(`the answer ends inside a frame: ${rest}`);
  }
  const iterator = pieces();
  return {
    response,
    async take(count) {
      const taken: T[] = [];
      while (taken.length < count) {
        const { done, value } = await iterator.next();
        if (done === true) throw new Error(`the answer ended after ${taken.length} of ${count}`);
        taken.push(value);
      }
      return taken;
    },
    async rest() {
      const left: T[] = [];
      for await (const piece of iterator) left.push(piece);
      return left;
    },
    async close() {
      aborting.abort();
      await iterator.return(undefined).catch(() => undefined);
    },
  };
}

export const openNdjson = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<StreamReader<Frame>> =>
  open(url, { Accept: 'application/x-ndjson', ...headers }, '\n', (line) => frameSchema.parse(JSON.parse(line)));

function parseSse(text: string): SseMessage {
  const field = (name: string): string | null => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? null;
  return { id: field('id'), type: field('event'), data: field('data') };
}

export const openSse = (
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<StreamReader<SseMessage>> => open(url, { Accept: 'text/event-stream', ...headers }, '\n\n', parseSse);

const pageSchema = z.strictObject({ events: z.array(frameSchema), position: z.string(), up_to_date: z.boolean() });

export async function fetchEvents(url: string): Promise<z.infer<typeof pageSchema>> {
  const response = await fetch(url, { headers: { Accept: 'application/json' } });
  if (response.status !== 200) throw new Error(`answered ${response.status}: ${await response.text()}`);
  return pageSchema.parse(await response.json());
}
