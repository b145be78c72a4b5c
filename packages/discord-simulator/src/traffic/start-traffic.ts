import type { ResolvedOptions } from '../options.ts';
import { createRandom } from '../random.ts';
import type { Simulation } from '../simulation.ts';
import { applyAction } from '../world/apply-action.ts';
import type { World } from '../world/world.ts';
import { type Conversation, createConversation, playConversation } from './conversation.ts';
import { loadScript } from './parse-script.ts';
import { createScriptPlayer, type ScriptPlayer, type ScriptProgress } from './play-script.ts';
import { setStage } from './stage.ts';

/** Time between two messages of the made-up past. */
const HISTORY_GAP_MS = 40_000;

/** What happens in the world of itself. */
export interface Traffic {
  readonly progress: () => ScriptProgress | null;
  /** Resolves when the script was played; never when there is none. */
  readonly finished: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Fills the world with the traffic's places and people now, and lets it run from the first client's readiness on. */
export function startTraffic(simulation: Simulation, options: ResolvedOptions): Traffic {
  const ending = new AbortController();
  const { signal } = ending;
  const player = options.script === undefined ? null : scriptPlayer(simulation, options, options.script);
  const conversation = options.conversation ? startConversation(simulation, options) : null;
  let announceFinished = () => {};
  const finished = new Promise<void>((resolve) => {
    announceFinished = resolve;
  });

  const playScript = async (): Promise<void> => {
    await player?.play(signal);
    if (player?.progress().finished === true) announceFinished();
  };
  const run = async (): Promise<void> => {
    await untilReady(simulation, signal);
    if (signal.aborted) return;
    await Promise.all([playScript(), conversation?.(signal)]);
  };
  const running = run();

  return {
    progress: () => player?.progress() ?? null,
    finished,
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}

function scriptPlayer({ world, gateway }: Simulation, options: ResolvedOptions, file: string): ScriptPlayer {
  return createScriptPlayer({
    script: loadScript(world, file),
    rate: options.rate,
    act: (action) => applyAction(world, action),
    inOneWrite: gateway.inOneWrite,
    readersCaughtUp: gateway.readersCaughtUp,
  });
}

function startConversation({ world, gateway }: Simulation, options: ResolvedOptions) {
  const random = createRandom(options.seed);
  const stage = setStage(world, random);
  const conversation = createConversation({ stage, random, act: (action) => applyAction(world, action) });
  makeHistory(world, conversation, options.history);
  return (signal: AbortSignal): Promise<void> =>
    playConversation(
      conversation,
      {
        rate: options.rate,
        random,
        hasReaders: () => gateway.openConnections().length > 0,
        inOneWrite: gateway.inOneWrite,
        readersCaughtUp: gateway.readersCaughtUp,
      },
      signal,
    );
}

/** Lets the conversation have gone on for a while, unannounced: clients find it over REST. */
function makeHistory(world: World, conversation: Conversation, wanted: number): void {
  const { emit } = world;
  world.emit = () => {};
  while (world.messages.size < wanted) {
    world.timeShiftMs = (wanted - world.messages.size) * HISTORY_GAP_MS;
    conversation.step();
  }
  world.timeShiftMs = 0;
  world.emit = emit;
}

function untilReady({ ready }: Simulation, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return Promise.race([ready, stopped]);
}
