import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from '../input.ts';
import type { Random } from '../random.ts';
import type { Action, ActionResult } from '../world/action.ts';
import { pause } from './pause.ts';
import { type Performance, perform } from './performance.ts';
import type { Scene } from './scene.ts';
import { generalScenes } from './scenes/general.ts';
import { helpScenes } from './scenes/help.ts';
import { kitchenScenes } from './scenes/kitchen.ts';
import { musicScenes, showScenes } from './scenes/music.ts';
import { newsScenes } from './scenes/news.ts';
import { workshopScenes } from './scenes/workshop.ts';
import type { Stage } from './stage.ts';

/** Every scene there is. */
export const SCENES: readonly Scene[] = [
  ...generalScenes,
  ...workshopScenes,
  ...helpScenes,
  ...kitchenScenes,
  ...musicScenes,
  ...showScenes,
  ...newsScenes,
];

export interface ConversationOptions {
  readonly stage: Stage;
  readonly random: Random;
  readonly act: (action: Action) => ActionResult;
}

export interface Conversation {
  /** Says one line somewhere and does what earlier lines left to be done. */
  readonly step: () => void;
}

export interface PlayConversationOptions {
  /** Messages per second on average; 0 = as fast as the readers take them, and nothing while there are none. */
  readonly rate: number;
  readonly random: Random;
  readonly hasReaders: () => boolean;
  readonly inOneWrite: (work: () => void) => void;
  readonly readersCaughtUp: () => Promise<void>;
}

const SCENES_AT_ONCE = 3;
const LINES_PER_TURN = 64;
const NO_READERS_PAUSE_MS = 100;

/** An endless conversation: a few scenes at once in different channels, each scene again only after all the others. */
export function createConversation({ stage, random, act }: ConversationOptions): Conversation {
  const playing: Performance[] = [];
  const pending: { at: number; readonly toAction: () => Action | undefined }[] = [];
  let deck: Scene[] = [];
  let lines = 0;

  const tryAct = (action: Action): ActionResult => {
    try {
      return act(action);
    } catch (error) {
      // Somebody deleted its message or channel through the control API: the conversation goes on without it.
      if (error instanceof InputError) return { kind: 'none' };
      throw error;
    }
  };

  const nextScene = (): Scene | undefined => {
    if (deck.length === 0) deck = random.shuffle(SCENES);
    const free = deck.findIndex((scene) => playing.every((other) => other.scene.channel !== scene.channel));
    return free === -1 ? undefined : deck.splice(free, 1)[0];
  };

  const later = (after: number, toAction: () => Action | undefined): void => {
    pending.push({ at: lines + after, toAction });
  };

  const doPending = (): void => {
    for (const task of pending.splice(0)) {
      if (task.at > lines) {
        pending.push(task);
        continue;
      }
      const action = task.toAction();
      if (action !== undefined) tryAct(action);
    }
  };

  return {
    step: () => {
      lines += 1;
      doPending();
      while (playing.length < SCENES_AT_ONCE) {
        const scene = nextScene();
        if (scene === undefined) break;
        playing.push(perform({ scene, stage, random, act: tryAct, later }));
      }
      const speaking = random.pick(playing);
      if (!speaking.sayNext()) playing.splice(playing.indexOf(speaking), 1);
    },
  };
}

/** Lets the conversation run until `signal` aborts. Pauses vary around the average, as people's do. */
export async function playConversation(
  conversation: Conversation,
  options: PlayConversationOptions,
  signal: AbortSignal,
): Promise<void> {
  const { rate, random } = options;
  let nextAtMs = performance.now();
  while (!signal.aborted) {
    if (rate === 0 && !options.hasReaders()) {
      await pause(NO_READERS_PAUSE_MS, signal);
      continue;
    }
    const waitMs = nextAtMs - performance.now();
    if (rate > 0 && waitMs > 0) await pause(waitMs, signal);
    else await nextTurn();
    if (rate === 0) await options.readersCaughtUp();
    if (signal.aborted) return;
    options.inOneWrite(() => {
      for (let line = 0; line < LINES_PER_TURN; line += 1) {
        conversation.step();
        if (rate === 0) continue;
        nextAtMs += ((0.3 + 1.4 * random.next()) * 1000) / rate;
        if (nextAtMs > performance.now()) break;
      }
    });
    if (rate > 0) nextAtMs = Math.max(nextAtMs, performance.now());
  }
}
