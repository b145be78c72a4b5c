import type { DiscordSimulator } from '@dms/discord-simulator';
import { queryPostgres } from '@dms/test-kit';
import { z } from 'zod';
import { fetchPage, headSeqOf, toFinal, walkHistory } from '../support/history.ts';
import { firstDifference, isSameJson, replay } from '../support/stream-view.ts';
import { deletedIds, finalMessages } from '../support/truth.ts';
import type { CampaignCluster, CampaignIngester } from './campaign-cluster.ts';

// Each looks at one place with its own eyes and answers null, or how that place differs from what it must be. They share no
// code of the product and never stand in for one another.

const messageSchema = z.object({
  author: z.object({ id: z.string() }),
  content: z.string(),
  edited_timestamp: z.string().nullable(),
});
const reactionsSchema = z.array(z.object({ emoji: z.object({ name: z.string().nullable() }), count: z.number() }));
const tallySchema = z.object({ reactions: reactionsSchema.optional() });
const eventSchema = z.object({
  id: z.string().optional(),
  message_id: z.string().optional(),
  user_id: z.string().optional(),
  emoji: z.object({ name: z.string() }).optional(),
  content: z.string().optional(),
  origin: z.string(),
});

/** A row of the log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly term: string;
  readonly type: string;
  readonly payload: z.infer<typeof eventSchema>;
}

export async function readEvents(databaseUrl: string): Promise<readonly LoggedEvent[]> {
  const rows = await queryPostgres(databaseUrl, 'SELECT seq, term, type, payload FROM event ORDER BY seq');
  return rows.map(({ seq, term, type, payload }) => ({
    ...{ seq: Number(seq), term: String(term), type: String(type) },
    payload: eventSchema.parse(JSON.parse(String(payload))),
  }));
}

const reactionsText = (reactions: z.infer<typeof reactionsSchema> = []): string =>
  reactions
    .filter(({ count }) => count > 0)
    .map(({ emoji, count }) => `${emoji.name}×${count}`)
    .sort()
    .join(' ');

/** O1: the message rows are what Discord shows, with their reactions, and what was deleted there is a tombstone here. `isCounting`:
 *  reactions that were dispatched while their message was fetched are right only when Discord is asked again. */
export async function messagesDifference(cluster: CampaignCluster, isCounting = false): Promise<string | null> {
  const { simulator, databaseUrl } = cluster;
  const rows = await queryPostgres(
    databaseUrl,
    'SELECT id, channel_id, deleted_at IS NOT NULL AS is_deleted, payload, tally FROM message ORDER BY id',
  );
  const stored = rows
    .filter(({ is_deleted }) => is_deleted === false)
    .map(({ id, channel_id, payload, tally }) => {
      const { author, content, edited_timestamp } = messageSchema.parse(JSON.parse(String(payload)));
      const { reactions } = tallySchema.parse(tally === null ? {} : JSON.parse(String(tally)));
      const editedAtMs = edited_timestamp === null ? null : Date.parse(edited_timestamp);
      return {
        ...{ id, channelId: channel_id, authorId: author.id, content, editedAtMs },
        reactions: isCounting ? '' : reactionsText(reactions),
      };
    });
  const truth = cluster.truth();
  const reactions = new Map(
    simulator.truth().messages.map((message) => [message.id, reactionsText(message.reactions)]),
  );
  const wanted = finalMessages(truth).map((message) => ({
    ...message,
    reactions: isCounting ? '' : reactions.get(message.id),
  }));
  const deleted = deletedIds(truth);
  const resurrected = rows.find(({ id, is_deleted }) => is_deleted === true && !deleted.has(String(id)));
  if (resurrected !== undefined) return `${resurrected.id} is deleted here and there on Discord`;
  return firstDifference(stored, wanted, isSameJson);
}

/** O2: the log runs from 1 to the head without a hole, its terms never fall, and applying it gives the message rows. */
export async function logDifference(databaseUrl: string): Promise<string | null> {
  const events = await readEvents(databaseUrl);
  const [head] = await queryPostgres(databaseUrl, 'SELECT seq FROM head');
  if (Number(head?.seq) !== events.length) return `the head is ${head?.seq}, and there are ${events.length} events`;
  const folded = new Map<string, string>();
  let term = 0n;
  for (const [index, event] of events.entries()) {
    const { id = '', content } = event.payload;
    if (event.seq !== index + 1) return `seq ${event.seq} stands at place ${index + 1}`;
    if (BigInt(event.term) < term) return `the term fell from ${term} to ${event.term} at seq ${event.seq}`;
    term = BigInt(event.term);
    if (event.type === 'MESSAGE_DELETE') folded.delete(id);
    else if (/^MESSAGE_(CREATE|UPDATE)$/.test(event.type) && content !== undefined) folded.set(id, content);
  }
  const rows = await queryPostgres(
    databaseUrl,
    "SELECT id, payload::json->>'content' AS content FROM message WHERE deleted_at IS NULL ORDER BY id",
  );
  const inOrder = [...folded].sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
  return firstDifference(
    inOrder,
    rows.map(({ id, content }) => [id, content]),
    isSameJson,
  );
}

/** O2, as long as the session lived: what was dispatched is in the log in Discord's order, each once and word for word, and
 *  nothing else but what the sweep of deleted channels found. */
export async function orderDifference(simulator: DiscordSimulator, databaseUrl: string): Promise<string | null> {
  const { dispatches, messages } = simulator.truth();
  const deleted = new Set(messages.filter((message) => message.deleted).map(({ id }) => id));
  // What was deleted since keeps its place in the log, and nothing else.
  const view = (type: string, id: string, ...words: readonly (string | undefined)[]) => [
    type,
    id,
    ...(deleted.has(id) ? [] : words),
  ];
  /** What each message said last: an update that changes something else says it again. */
  const said = new Map<string, string>();
  const wordsOf = (type: string, id: string, content: string | undefined): string | undefined => {
    if (content !== undefined) said.set(id, content);
    return type.startsWith('MESSAGE_REACTION') ? undefined : said.get(id);
  };
  const wanted = dispatches
    .filter(({ type }) => type.startsWith('MESSAGE_'))
    .flatMap(({ type, message_id, message_ids, user_id, emoji, content }) => {
      const id = message_id ?? '';
      if (message_ids === undefined) return [view(type, id, user_id, emoji, wordsOf(type, id, content))];
      const ids = [...message_ids].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
      return ids.map((id) => view('MESSAGE_DELETE', id));
    });
  const logged = (await readEvents(databaseUrl))
    .filter(({ type, payload }) => type.startsWith('MESSAGE_') && payload.origin !== 'reconcile')
    .map(({ type, payload: { id, message_id, user_id, emoji, content } }) =>
      view(type, message_id ?? id ?? '', user_id, emoji?.name, content),
    );
  return firstDifference(logged, wanted, isSameJson);
}

/** O3, the base of it: what the door replays is the log of the database. What clients received is held against it. */
export async function replayDifference({ databaseUrl, door }: CampaignCluster) {
  const { position } = await fetchPage(door.http, { limit: '1' });
  const log = await replay(door.ws, headSeqOf(position));
  const seen = log.map(({ p, t }) => `${p} ${t}`);
  const wanted = (await readEvents(databaseUrl)).map(({ seq, term, type }) => `${term}:${seq} ${type}`);
  return { log, difference: firstDifference(seen, wanted, isSameJson) };
}

/** O4: paging through the history shows what Discord shows. */
export async function historyDifference(cluster: CampaignCluster): Promise<string | null> {
  const walked = await walkHistory(cluster.door.http, 'after');
  return firstDifference(walked.map(toFinal), finalMessages(cluster.truth()), isSameJson);
}

/** O5: what the writer counted is what its term left in the log. */
export async function metricsDifference(ingester: CampaignIngester, databaseUrl: string): Promise<string | null> {
  const text = await (await fetch(ingester.metricsUrl)).text();
  const value = (name: string): number =>
    Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1] ?? 'NaN');
  const [row] = await queryPostgres(
    databaseUrl,
    'SELECT head.seq, (SELECT count(*) FROM event WHERE event.term = head.term) AS events FROM head',
  );
  const counted = {
    leading: value('dms_ingester_leading'),
    connected: value('dms_ingester_discord_connected'),
    queued: value('dms_ingester_queued_changes'),
    head: value('dms_ingester_head_seq'),
    committed: value('dms_ingester_committed_events_total'),
    failed: value('dms_ingester_commit_failures_total'),
  };
  const wanted = {
    leading: 1,
    connected: 1,
    queued: 0,
    head: Number(row?.seq),
    committed: Number(row?.events),
    failed: 0,
  };
  return firstDifference([counted], [wanted], isSameJson);
}
