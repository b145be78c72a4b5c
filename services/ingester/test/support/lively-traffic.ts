import { setImmediate } from 'node:timers/promises';
import type { DiscordSimulator } from '@dms/discord-simulator';
import type { SeededRandom } from '@dms/test-kit';
import { idOf } from './start-with.ts';

const CHANNELS = ['general', 'random'] as const;
const USERS = ['ada', 'bob', 'eve'] as const;
const EMOJIS = ['👍', '🎉', 'wave:1200000000000000077'] as const;
/** Acts between a message and the first reaction to it: one that overtakes its message on the way is no event. */
const SETTLED_ACTS = 10;

interface Alive {
  readonly id: string;
  readonly place: string;
  readonly act: number;
}

/** People at work in `general` and `random`: they write, edit, delete singly and in bulk, react, pin, open threads, write in
 *  them and delete them. What they do depends on the seed alone. */
export interface LivelyTraffic {
  /** Does so many things, a few at a time, so that what they cause happens in between. */
  play(acts: number): Promise<void>;
}

export function livelyTraffic(simulator: DiscordSimulator, random: SeededRandom): LivelyTraffic {
  let alive: readonly Alive[] = [];
  let threads: readonly string[] = [];
  let acts = 0;

  const write = (place: string): string => {
    const text = `message ${acts} ${random.integer(0, 1e9)}`;
    const id = idOf(simulator.act({ op: 'message', channel: place, user: random.pick(USERS), text }));
    alive = [...alive, { id, place, act: acts }];
    return id;
  };
  const placeOf = (name: string): string =>
    simulator.status().guilds[0]?.channels.find((channel) => channel.name === name)?.id ?? '';
  const forget = (isGone: (message: Alive) => boolean): void => {
    alive = alive.filter((message) => !isGone(message));
  };
  const someMessage = (): Alive => random.pick(alive);
  const settled = (): readonly Alive[] => alive.filter(({ act }) => act <= acts - SETTLED_ACTS);

  const react = (): void => {
    const candidates = settled();
    if (candidates.length === 0) return;
    const { id: message } = random.pick(candidates);
    const [user, emoji] = [random.pick(USERS), random.pick(EMOJIS)];
    const dice = random.next();
    if (dice < 0.7) simulator.act({ op: 'react', message, user, emoji, burst: dice < 0.15 });
    else if (dice < 0.9) simulator.act({ op: 'unreact', message, user, emoji });
    else simulator.act({ op: 'clear_reactions', message, ...(dice < 0.95 && { emoji }) });
  };
  const openThread = (): void => {
    const id = write(placeOf('general'));
    threads = [...threads, idOf(simulator.act({ op: 'thread', message: id, name: `aside ${acts}` }))];
    write(threads.at(-1) ?? '');
  };
  const deleteThread = (): void => {
    const [oldest, ...others] = threads;
    if (oldest === undefined || others.length < 2) return;
    simulator.act({ op: 'delete_thread', thread: oldest });
    threads = others;
    forget(({ place }) => place === oldest);
  };
  const bulkDelete = (): void => {
    const { place } = someMessage();
    const messages = alive.filter((message) => message.place === place).slice(0, 3);
    simulator.act({ op: 'bulk_delete', messages: messages.map(({ id }) => id) });
    forget((message) => messages.includes(message));
  };
  const deleteOne = (): void => {
    const { id } = someMessage();
    simulator.deleteMessage(id);
    forget((message) => message.id === id);
  };

  const act = (): void => {
    acts += 1;
    const dice = random.next();
    if (alive.length < 5 || dice < 0.5) {
      write(random.next() < 0.2 && threads.length > 0 ? random.pick(threads) : placeOf(random.pick(CHANNELS)));
    } else if (dice < 0.65) simulator.editMessage(someMessage().id, `edited ${acts}`);
    else if (dice < 0.75) deleteOne();
    else if (dice < 0.9) react();
    else if (dice < 0.93) openThread();
    else if (dice < 0.96) bulkDelete();
    else if (dice < 0.98) simulator.act({ op: 'pin', message: someMessage().id });
    else deleteThread();
  };

  return {
    async play(count) {
      for (let done = 0; done < count; done += 1) {
        act();
        if (done % 3 === 0) await setImmediate();
      }
    },
  };
}
