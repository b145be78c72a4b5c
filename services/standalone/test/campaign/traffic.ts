import type { Action, DiscordSimulator } from '@dms/discord-simulator';
import { seededRandom } from '@dms/test-kit';
import { generateChat } from '../support/generate-chat.ts';

/** Acts on Discord per second; two of three are new messages. */
export const ACTS_PER_SECOND = Number(process.env.CAMPAIGN_RATE ?? '500');
const TURN_MS = 20;
const TEXTS = 2_000;
const USERS = ['Ada', 'Björn', 'Chloé', 'Eun-ji', 'José', 'Κώστας', 'Łucja', 'Ìdòwú'];
const EMOJI = ['👍', '🎉', '💜', '🫠'];
/** Edits, deletes and reactions go to messages no older than this many. */
const REACH = 400;
const MAX_SIDE_PLACES = 3;

/** The guild the traffic lives in. */
export const CAMPAIGN_GUILD = { name: 'campaign', channels: ['general', 'side', 'busy'], members: USERS };

export interface Traffic {
  /** Acts so far. */
  readonly acts: number;
  stop(): void;
}

interface Place {
  readonly id: string;
  readonly kind: 'channel' | 'thread' | 'temporary';
}

interface Live {
  readonly id: string;
  readonly place: Place;
  readonly isThreadable: boolean;
}

/** Creates, replies, edits, deletes, bulk deletes, reactions, threads and channels that come and go, at an even pace until
 *  stopped, decided by the seed alone. What waits while the process is busy is made good. */
export function startTraffic(simulator: DiscordSimulator, seed: number): Traffic {
  const actOnce = createActor(simulator, seed);
  const startedMs = performance.now();
  let acts = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) * ACTS_PER_SECOND) / 1_000);
    for (; acts < due; acts += 1) actOnce();
  }, TURN_MS);
  return {
    get acts() {
      return acts;
    },
    stop: () => clearInterval(timer),
  };
}

function createActor(simulator: DiscordSimulator, seed: number): () => void {
  const random = seededRandom(seed);
  const texts = generateChat(TEXTS, seed).map(({ text }) => text);
  const [guild] = simulator.status().guilds;
  if (guild === undefined) throw new RangeError('there is no guild to act in');
  const channels: readonly Place[] = guild.channels.map(({ id }) => ({ id, kind: 'channel' }));
  const sidePlaces: Place[] = [];
  const archived: Place[] = [];
  let live: Live[] = [];
  let made = 0;

  const act = (action: Action): string => {
    const result = simulator.act(action);
    if (result.kind === 'none') return '';
    return result.kind === 'message' ? result.message.id : result.channel.id;
  };
  const nextNumber = (): number => {
    made += 1;
    return made;
  };
  const text = (): string => `${nextNumber()}: ${random.pick(texts)}`.slice(0, 4_000);
  const recent = (): Live | undefined =>
    live.length === 0 ? undefined : live[live.length - 1 - random.integer(0, Math.min(live.length, REACH) - 1)];
  const forget = (gone: ReadonlySet<string>): void => {
    live = live.filter(({ id }) => !gone.has(id));
  };

  const say = (): void => {
    const place = sidePlaces.length > 0 && random.next() < 0.2 ? random.pick(sidePlaces) : random.pick(channels);
    const original = random.next() < 0.1 ? recent() : undefined;
    const replyTo = original?.place === place ? { replyTo: original.id } : {};
    const id = act({ op: 'message', channel: place.id, user: random.pick(USERS), text: text(), ...replyTo });
    live.push({ id, place, isThreadable: place.kind === 'channel' });
    if (live.length > 4 * REACH) live = live.slice(-2 * REACH);
  };
  const edit = (message: Live): void => void act({ op: 'edit', message: message.id, text: `edited ${text()}` });
  const remove = (message: Live): void => {
    act({ op: 'delete', message: message.id });
    forget(new Set([message.id]));
  };
  const removeSeveral = ({ place }: Live): void => {
    const doomed = live.filter((other) => other.place === place).slice(-5);
    if (doomed.length < 2) return;
    act({ op: 'bulk_delete', messages: doomed.map(({ id }) => id) });
    forget(new Set(doomed.map(({ id }) => id)));
  };
  const react = (message: Live): void => {
    const op = random.next() < 0.8 ? 'react' : 'unreact';
    act({ op, message: message.id, user: random.pick(USERS), emoji: random.pick(EMOJI) });
  };
  const openPlace = (message: Live): void => {
    if (sidePlaces.length >= MAX_SIDE_PLACES) return closePlace();
    if (archived.length > 0 && random.next() < 0.3) return visitArchive();
    if (random.next() < 0.2) {
      const id = act({ op: 'create_channel', guild: guild.id, name: `temporary-${nextNumber()}` });
      sidePlaces.push({ id, kind: 'temporary' });
    } else if (message.isThreadable) {
      const id = act({ op: 'thread', message: message.id, name: `thread ${made}` });
      sidePlaces.push({ id, kind: 'thread' });
      live = live.map((other) => (other === message ? { ...other, isThreadable: false } : other));
    }
  };
  const closePlace = (): void => {
    const [place] = sidePlaces.splice(random.integer(0, sidePlaces.length - 1), 1);
    if (place === undefined) return;
    if (place.kind === 'temporary') act({ op: 'delete_channel', channel: place.id });
    else if (random.next() < 0.5) act({ op: 'delete_thread', thread: place.id });
    else {
      act({ op: 'archive_thread', thread: place.id });
      archived.push(place);
    }
    live = live.filter((message) => message.place !== place);
  };
  const visitArchive = (): void => {
    const [place] = archived.splice(random.integer(0, archived.length - 1), 1);
    if (place === undefined) return;
    const isDeleted = random.next() < 0.5;
    act({ op: isDeleted ? 'delete_thread' : 'unarchive_thread', thread: place.id });
    if (!isDeleted) sidePlaces.push(place);
  };

  return () => {
    const roll = random.next();
    const message = recent();
    if (roll < 0.66 || message === undefined) say();
    else if (roll < 0.8) edit(message);
    else if (roll < 0.86) remove(message);
    else if (roll < 0.87) removeSeveral(message);
    else if (roll < 0.998) react(message);
    else openPlace(message);
  };
}
