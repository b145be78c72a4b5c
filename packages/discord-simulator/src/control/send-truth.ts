import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../input.ts';
import type { Simulation } from '../simulation.ts';
import { type TruthDispatch, type TruthMessage, truthMessage } from '../truth.ts';
import type { Message } from '../world/model.ts';

const ITEMS_PER_CHUNK = 500;

/**
 * Answers `{total, next, has_more, dispatches, messages}` as a stream. Without `after` and `limit`: everything. With
 * them: the dispatches after number `after`, at most `limit`, and the final state of the messages they touched; `next`
 * is the `after` of the next page. `compact=true`: dispatches as `[n, type, channel_id, message_id or ids]`, messages
 * as `{id, channel_id, author_id, content, edited_timestamp, deleted}`.
 */
export async function sendTruth(
  response: ServerResponse,
  simulation: Simulation,
  query: URLSearchParams,
): Promise<void> {
  const { world, truth } = simulation;
  const total = truth.total();
  const isPaged = query.has('after') || query.has('limit');
  const after = integerOf(query, 'after', 0);
  const end = Math.min(total, after + integerOf(query, 'limit', total));
  const isCompact = ['true', '1', ''].includes(query.get('compact') ?? 'false');
  const dispatches = pages(after, end, (from, limit) => truth.dispatches(from, limit));
  const messages = isPaged ? touchedMessages(simulation, after, end) : world.messages.values();
  const head = `{"total":${total},"next":${Math.max(after, end)},"has_more":${end < total},"dispatches":[`;

  function* text(): Generator<string> {
    yield head;
    yield* joined(dispatches, isCompact ? compactDispatch : (dispatch) => dispatch);
    yield '],"messages":[';
    const shown = (message: Message) => truthMessage(world, message);
    yield* joined(messages, isCompact ? (message) => compactMessage(shown(message)) : shown);
    yield ']}';
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  await pipeline(Readable.from(text()), response);
}

function* pages<Item>(from: number, to: number, read: (from: number, limit: number) => Item[]): Generator<Item> {
  for (let at = from; at < to; at += ITEMS_PER_CHUNK) yield* read(at, Math.min(ITEMS_PER_CHUNK, to - at));
}

/** JSON items with commas between, several per chunk because a chunk costs more than an item. */
function* joined<Item>(items: Iterable<Item>, show: (item: Item) => unknown): Generator<string> {
  let chunk: string[] = [];
  let separator = '';
  for (const item of items) {
    chunk.push(JSON.stringify(show(item)));
    if (chunk.length < ITEMS_PER_CHUNK) continue;
    yield separator + chunk.join(',');
    separator = ',';
    chunk = [];
  }
  if (chunk.length > 0) yield separator + chunk.join(',');
}

function touchedMessages({ world, truth }: Simulation, after: number, end: number): Message[] {
  const ids = new Set<string>();
  for (const dispatch of pages(after, end, truth.dispatches)) {
    for (const id of dispatch.message_ids ?? [dispatch.message_id]) if (id !== null) ids.add(id);
  }
  return [...ids].flatMap((id) => world.messages.get(id) ?? []);
}

function compactDispatch({ n, type, channel_id, message_id, message_ids }: TruthDispatch) {
  return [n, type, channel_id, message_ids ?? message_id];
}

function compactMessage({ id, channel_id, author, content, edited_timestamp, deleted }: TruthMessage) {
  return { id, channel_id, author_id: author.id, content, edited_timestamp, deleted };
}

function integerOf(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^\d{1,15}$/.test(text)) throw new InputError(`"${name}" must be a whole number`);
  return Number(text);
}
