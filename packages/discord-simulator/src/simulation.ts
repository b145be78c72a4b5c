import { createFaultBook, type FaultBook } from './faults/fault-book.ts';
import { createFaultStarter, type FaultStarter } from './faults/start-fault.ts';
import { createDelivery } from './gateway/delivery.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { createIdentifyBudget } from './gateway/identify-budget.ts';
import { wantsContent } from './gateway/intents.ts';
import type { ResolvedOptions } from './options.ts';
import { createRest, type Rest } from './rest/rest.ts';
import { createTokens } from './tokens.ts';
import { createTruthLog, type TruthLog } from './truth.ts';
import { countHidden, withheldBecause } from './withheld.ts';
import type { World } from './world/world.ts';

/** How many dispatches the books hold for each message that the world does. */
const DISPATCHES_PER_MESSAGE = 4;

/** The world wired to its two doors and its books; no port yet and no traffic. */
export interface Simulation {
  readonly world: World;
  readonly truth: TruthLog;
  readonly faults: FaultBook;
  readonly starter: FaultStarter;
  readonly gateway: Gateway;
  readonly rest: Rest;
  /** Resolves at the first client's readiness. */
  readonly ready: Promise<void>;
  readonly isReady: () => boolean;
  readonly close: () => Promise<void>;
}

/** Wires world → truth → faults → sessions, and REST beside it. */
export function createSimulation(world: World, options: ResolvedOptions): Simulation {
  const ending = new AbortController();
  const truth = createTruthLog(options.now, options.maxMessages * DISPATCHES_PER_MESSAGE);
  const faults = createFaultBook();
  const tokens = createTokens(options.token);
  const budget = createIdentifyBudget({
    total: options.identifyLimit,
    maxConcurrency: options.maxConcurrency,
    intervalMs: options.identifyIntervalMs,
  });
  const readiness = { done: false, announce: () => {} };
  const ready = new Promise<void>((resolve) => {
    readiness.announce = resolve;
  });

  const gateway = createGateway({
    world,
    faults,
    budget,
    rules: { disallowedIntents: options.disallowedIntents, isTokenValid: tokens.isValid },
    heartbeatIntervalMs: options.heartbeatIntervalMs,
    resumeBufferSize: options.resumeBufferSize,
    resumeLifetimeMs: options.resumeLifetimeMs,
    trimOnHeartbeat: options.trimOnHeartbeat,
    onReady: () => {
      readiness.done = true;
      readiness.announce();
    },
    onTokenReset: tokens.reset,
  });
  const delivery = createDelivery({
    faults,
    fanOut: gateway.fanOut,
    hasAudience: gateway.hasAudience,
    onLost: (n) => truth.markWithheld(n, 'lost'),
  });
  const starter = createFaultStarter({ world, gateway, book: faults });
  const rest = createRest({
    context: {
      world,
      budget,
      hasContent: () => wantsContent(~options.disallowedIntents) && !faults.isArmed('strip_content'),
      onStripped: () => faults.take('strip_content'),
      onHidden: (channel) => countHidden(faults, channel),
    },
    faults,
    isTokenValid: tokens.isValid,
    rateLimits: options.rateLimits,
    signal: ending.signal,
  });

  world.emit = (event) => {
    const withheld = withheldBecause(faults, event);
    const n = truth.record(event, withheld);
    if (withheld === undefined) delivery.deliver(event, n);
    starter.afterDispatch();
  };

  return {
    world,
    truth,
    faults,
    starter,
    gateway,
    rest,
    ready,
    isReady: () => readiness.done,
    close: async () => {
      ending.abort();
      delivery.close();
      starter.close();
      await gateway.close();
    },
  };
}
