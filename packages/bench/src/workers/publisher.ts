import { setTimeout as delay } from 'node:timers/promises';
import { openBroker } from '@dms/broker';
import { dispatchFrame, type LogEvent, snowflakeAtMs } from '@dms/protocol';
import { createAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Server } from 'socket.io';
import { createChatter } from './fan-out/chatter.ts';
import { FRAMES_CHANNEL } from './peers/redis-frames.ts';

// Publishes at an even rate, each contestant's way. Arguments: where to (`log`, `frames`, `adapter`, `recovery`), Redis URL, database
// URL, messages per second, seconds, channels. Prints `publishing <newest seq>` and `done {…}`.
//
// Rows of the log are written first and then published, as the ingester does: nothing leaves before its commit. So it is for peers too,
// though they do not need the log: latencies of all begin before the same commit. What an ingester does besides is another benchmark.
const [target = 'frames', redisUrl = '', databaseUrl = '', rateText = '1', secondsText = '1', channelsText = '1'] =
  process.argv.slice(2);
const rate = Number(rateText);
const messages = Math.round(rate * Number(secondsText));
const channels = Number(channelsText);
const GUILD_ID = '1000';
const FIRST_CHANNEL_ID = 2_000;
const AUTHORS = 50;
const SHORTEST_SLOT_MS = 5;
const MAX_BATCH = 500;
const TERM = 1;
const STREAM_LENGTH = 100_000;
/** Socket.IO's adapters do not say when they are subscribed. */
const SETTLE_MS = 500;

const INSERT = `INSERT INTO event (seq, term, type, guild_id, channel_id, author_id, message_id, payload)
  SELECT seq, $1::bigint, 'MESSAGE_CREATE', $2::bigint, channel_id, author_id, message_id, payload
  FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])
    AS row(seq, channel_id, author_id, message_id, payload)`;

/** Hands on what is committed; nobody waits for it. */
type Sink = (events: readonly LogEvent[]) => void;

async function openBrokerSink(): Promise<Sink> {
  const broker = openBroker(redisUrl);
  while (broker.status().status !== 'up') await delay(10);
  return (events) => void broker.publish(events).catch(() => {});
}

async function openSocketIoSink(manner: string): Promise<Sink> {
  const redis = new Redis(redisUrl);
  const adapter =
    manner === 'recovery'
      ? createStreamsAdapter(redis, { maxLen: STREAM_LENGTH })
      : createAdapter(redis, redis.duplicate());
  const io = new Server({ adapter });
  await delay(SETTLE_MS);
  return (events) => {
    for (const event of events) io.emit('event', JSON.parse(dispatchFrame(event)));
  };
}

function openFramesSink(): Sink {
  const redis = new Redis(redisUrl);
  return (events) => {
    for (const event of events) void redis.publish(FRAMES_CHANNEL, dispatchFrame(event));
  };
}

function openSink(): Sink | Promise<Sink> {
  if (target === 'log') return openBrokerSink();
  return target === 'frames' ? openFramesSink() : openSocketIoSink(target);
}

const log = new pg.Client({ connectionString: databaseUrl });
await log.connect();
const { rows } = await log.query<{ seq: string }>('SELECT COALESCE(max(seq), 0) AS seq FROM event');
const firstSeq = Number(rows[0]?.seq ?? 0) + 1;
const publish = await openSink();

async function commit(events: readonly LogEvent[]): Promise<void> {
  const columns = [
    events.map(({ seq }) => seq),
    events.map(({ channelId }) => channelId),
    events.map(({ authorId }) => authorId),
    events.map(({ messageId }) => messageId),
    events.map(({ payload }) => payload),
  ];
  await log.query(INSERT, [TERM, GUILD_ID, ...columns]);
}

const chatter = createChatter();

function eventAt(index: number): LogEvent {
  // Discord's ids: the moment, and a number within the moment.
  const id = String(BigInt(snowflakeAtMs(Date.now())) + BigInt(index & 0xfff));
  const channelId = String(FIRST_CHANNEL_ID + (index % channels));
  const authorId = String(3_000 + (index % AUTHORS));
  const payload = chatter.payload({ id, channelId, guildId: GUILD_ID, authorId });
  const seq = firstSeq + index;
  return {
    term: TERM,
    seq,
    type: 'MESSAGE_CREATE',
    guildId: GUILD_ID,
    channelId,
    parentId: null,
    authorId,
    messageId: id,
    payload,
  };
}

process.stdout.write(`publishing ${firstSeq - 1}\n`);
const startedMs = performance.now();
const slotMs = Math.max(SHORTEST_SLOT_MS, 1_000 / rate);
let sent = 0;
while (sent < messages) {
  const due = Math.min(messages, Math.floor(((performance.now() - startedMs) / 1_000) * rate) + 1);
  const count = Math.min(MAX_BATCH, due - sent);
  if (count > 0) {
    const first = sent;
    const events = Array.from({ length: count }, (_, offset) => eventAt(first + offset));
    await commit(events);
    publish(events);
    sent += count;
  }
  const nextMs = startedMs + Math.ceil((performance.now() - startedMs) / slotMs) * slotMs;
  if (due - sent <= 0) await delay(Math.max(1, nextMs - performance.now()));
}
const seconds = (performance.now() - startedMs) / 1_000;
process.stdout.write(`done ${JSON.stringify({ messages, seconds })}\n`);
setInterval(() => {}, 60_000);
