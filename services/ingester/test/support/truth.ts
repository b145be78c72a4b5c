import type { DiscordSimulator, TruthMessage } from '@dms/discord-simulator';
import type { EventLog, StoredMessageRow } from '@dms/event-log';
import type { LogEvent } from '@dms/protocol';

/** What is compared of a message: enough to notice any lost or misplaced change. */
export interface Essence {
  readonly id: string;
  readonly isDeleted: boolean;
  readonly content: unknown;
  readonly editedAt: unknown;
  readonly embeds: unknown;
  readonly attachments: unknown;
  /** `emoji count/burst`. */
  readonly reactions: unknown;
  /** `answer count`, and whether the poll ended. */
  readonly poll: unknown;
  readonly isPinned: unknown;
}

const withoutSignatures = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null).replaceAll(/\?ex=[^"]*/g, ''));

/** The simulator's own books, oldest first. A deleted message leaves nothing but its id. */
export function expectedMessages(simulator: DiscordSimulator): readonly Essence[] {
  return simulator
    .truth()
    .messages.map((message) => essence(message.id, message.deleted, message))
    .sort(byId);
}

/** The simulator's guilds: each simulator has its own, so that tests can share a database. */
export const guildIdsOf = (simulator: DiscordSimulator): readonly string[] =>
  simulator.status().guilds.map(({ id }) => id);

/** Every stored message of the simulator's guilds, oldest first. */
export async function storedMessages(log: EventLog, simulator: DiscordSimulator): Promise<readonly Essence[]> {
  const rows: StoredMessageRow[] = [];
  const guildIds = guildIdsOf(simulator);
  const scope = {
    ...{ guildIds, channelIds: [], withThreads: true, authorIds: [], withinChannels: null, search: null },
    ...{ limit: 100, includeDeleted: true },
  };
  for (let more = true; more; ) {
    const last = rows.at(-1);
    const cursor = last === undefined ? ({ kind: 'newest' } as const) : ({ kind: 'before', id: last.id } as const);
    const page = await log.messages({ ...scope, cursor });
    rows.push(...page.messages);
    more = page.hasMore;
  }
  return rows.map(({ id, isDeleted, payload }) => essence(id, isDeleted, JSON.parse(payload))).sort(byId);
}

const byId = (a: Essence, b: Essence): number => (BigInt(a.id) < BigInt(b.id) ? -1 : 1);

const NOTHING = {
  ...{ content: null, editedAt: null, embeds: null, attachments: null },
  ...{ reactions: null, poll: null, isPinned: null },
};

function essence(id: string, isDeleted: boolean, message: Partial<TruthMessage>): Essence {
  if (isDeleted) return { ...NOTHING, id, isDeleted };
  const { content, edited_timestamp, embeds, attachments, reactions = [], poll } = message;
  const editedAt = edited_timestamp == null ? null : Date.parse(edited_timestamp);
  const counted = reactions.map(({ emoji, count, count_details }) => `${emoji.name} ${count}/${count_details.burst}`);
  const { is_finalized = false, answer_counts = [] } = poll?.results ?? {};
  return {
    ...{ id, isDeleted, content, editedAt, embeds, attachments: withoutSignatures(attachments) },
    reactions: counted.sort(),
    poll: poll === undefined ? null : [is_finalized, ...answer_counts.map((answer) => `${answer.id} ${answer.count}`)],
    isPinned: message.pinned,
  };
}

/** The whole log, whoever wrote it. */
export async function allEvents(log: EventLog): Promise<readonly LogEvent[]> {
  const events: LogEvent[] = [];
  for (let page = await log.read(1, 1_000); page.length > 0; page = await log.read(events.length + 1, 1_000)) {
    events.push(...page);
  }
  return events;
}

export async function eventsOf(log: EventLog, simulator: DiscordSimulator): Promise<readonly LogEvent[]> {
  const guildIds = guildIdsOf(simulator);
  return (await allEvents(log)).filter(({ guildId }) => guildId !== null && guildIds.includes(guildId));
}

/** The ids that were created more than once in the log: always none. */
export function createdTwice(events: readonly LogEvent[]): readonly (string | null)[] {
  const ids = events.filter(({ type }) => type === 'MESSAGE_CREATE').map(({ messageId }) => messageId);
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}

export const originOf = (event: LogEvent): unknown => JSON.parse(event.payload).origin;
