import type { Since } from '@dms/protocol';
import { count, type Fault } from './counts.ts';
import type { ModelGateway } from './model-gateway.ts';
import type { ModelIngester } from './model-ingester.ts';
import { connectionLost, FAR_FUTURE_MS } from './model-log.ts';
import type { Happening } from './source.ts';
import type { PendingCall } from './steps.ts';
import {
  connectClient,
  crashGateway,
  dropClient,
  FILTERS,
  noticeDrop,
  type Seat,
  sendFrame,
  sendPositionTo,
  startGateway,
  takeEffect,
  takeFrame,
  type World,
} from './world.ts';

/** Kinds of things that a walk may let happen often or rarely. Interleavings that need one of them to lag are found soon only
 *  by walks in which it does. */
export const PACES = [
  ...[
    'calls',
    'answers',
    'pages',
    'turns',
    'hints',
    'writers',
    'ticks',
    'reading',
    'arrivals',
    'talk',
    'news',
    'faults',
  ],
] as const;
export type Pace = (typeof PACES)[number];

/** One thing that may happen next. */
export interface Action {
  readonly name: string;
  readonly pace: Pace;
  /** How likely it is among the others at the same pace. */
  readonly weight: number;
  readonly fault: Fault | null;
  /** `pick` decides what the action leaves open. */
  run(pick: number): void | Promise<void>;
}

const BEGINNINGS: readonly Since[] = [
  { kind: 'latest' },
  { kind: 'all' },
  { kind: 'time', timeMs: 0 },
  { kind: 'time', timeMs: FAR_FUTURE_MS },
];
const HAPPENINGS: readonly Happening[] = ['create', 'create', 'edit', 'refresh', 'refresh', 'delete'];

const act = (pace: Pace, name: string, weight: number, run: Action['run']): Action => ({
  ...{ pace, name, weight, run },
  fault: null,
});

/** Everything that may happen now, in a fixed order. */
export function possibleActions(world: World, maxChanges: number): readonly Action[] {
  return [
    ...world.steps.pending.flatMap((call) => callActions(world, call)),
    ...world.broker.subscribers.flatMap((subscriber) => {
      const { name, inbox, isSubscribed } = subscriber;
      if (!isSubscribed)
        return [act('hints', `${name} subscribes again`, 3, () => world.broker.resubscribe(subscriber))];
      if (inbox.length === 0) return [];
      return [act('hints', `${name} receives hints`, 8, (pick) => world.broker.deliver(subscriber, 1 + (pick % 2)))];
    }),
    ...world.ingesters.flatMap((ingester) => ingesterActions(world, ingester)),
    ...world.gateways.flatMap((gateway, index) =>
      gateway === null
        ? [act('arrivals', `G${index} starts`, 6, () => startGateway(world, index))]
        : gateway.isTicking
          ? []
          : [act('ticks', `${gateway.name} ticks`, 3, () => gateway.tick())],
    ),
    ...world.seats.flatMap((seat) => seatActions(world, seat)),
    ...(world.halfOpen.length > 0 ? [act('arrivals', 'a drop is noticed', 4, () => noticeDrop(world))] : []),
    ...(world.source.changes < maxChanges ? [act('news', 'something happens', 8, (pick) => happen(world, pick))] : []),
    ...faultActions(world),
  ];
}

function happen(world: World, pick: number): void {
  const kind = HAPPENINGS[pick % HAPPENINGS.length] ?? 'create';
  const toChange = world.source.happen(kind, Math.floor(pick / HAPPENINGS.length));
  if (toChange !== null) for (const ingester of world.ingesters) ingester.receive(toChange);
}

function fault(world: World, kind: Fault, weight: number, run: Action['run'], name: string = kind): Action {
  return {
    name,
    pace: 'faults',
    weight,
    fault: kind,
    run(pick) {
      count(world.counts, kind);
      return run(pick);
    },
  };
}

function callActions(world: World, call: PendingCall): readonly Action[] {
  if (call.isDeferred) return [act('turns', call.name, 8, () => world.steps.answer(call))];
  const effects = call.isWrite ? 'writers' : 'calls';
  const answers = call.isWrite ? 'writers' : call.name.endsWith('reads a page') ? 'pages' : 'answers';
  if (call.hasTakenEffect) return [act(answers, `${call.name}: answer`, 8, () => world.steps.answer(call))];
  const both = async (): Promise<void> => {
    await takeEffect(world, call);
    if (world.steps.pending.includes(call)) await world.steps.answer(call);
  };
  const actions = [
    act(effects, call.name, 10, both),
    act(effects, `${call.name}: effect`, 5, () => takeEffect(world, call)),
  ];
  const fail = (): Promise<void> => takeEffect(world, call, () => Promise.reject(connectionLost()));
  const ingester = world.ingesters.find(
    (candidate) => candidate.unacknowledged !== null && call.name.startsWith(candidate.name),
  );
  const lose = ingester?.unacknowledged ?? null;
  if (lose !== null) {
    actions.push(
      fault(
        world,
        'lost acknowledgement',
        3,
        () => takeEffect(world, call, lose),
        `${call.name}: acknowledgement lost`,
      ),
      fault(world, 'refused commit', 1, fail, `${call.name}: refused`),
    );
  } else if (!call.isWrite && !call.name.endsWith('subscribes')) {
    actions.push(fault(world, 'read error', 1, fail, `${call.name}: error`));
  }
  return actions;
}

function ingesterActions(world: World, ingester: ModelIngester): readonly Action[] {
  const { name, isUp, isBusy, isLeading, isConnected, queue } = ingester;
  if (!isUp) return [act('writers', `${name} starts`, 6, () => ingester.start())];
  const actions = [fault(world, 'ingester crash', 1, () => ingester.crash(), `${name} crashes`)];
  if (isBusy) return actions;
  if (!isLeading) {
    const isFree = !world.history.contents.isLeaseHeld;
    actions.unshift(act('writers', `${name} acquires`, isFree ? 8 : 1, () => ingester.acquire()));
    if (isConnected) actions.push(fault(world, 'step down', 1, () => ingester.stepDown(), `${name} steps down`));
    return actions;
  }
  if (queue.length > 0)
    return [act('writers', `${name} commits`, 10, (pick) => ingester.commit(1 + (pick % 3))), ...actions];
  return [
    act('writers', `${name} renews`, 1, () => ingester.renew()),
    fault(world, 'planned stop', 1, () => ingester.stop(), `${name} stops`),
    ...actions,
  ];
}

function seatActions(world: World, seat: Seat): readonly Action[] {
  const { client, link } = seat;
  if (link === null) {
    return world.gateways
      .filter((gateway): gateway is ModelGateway => gateway?.feed.isReady === true)
      .map((gateway) =>
        act('arrivals', `${client.name} connects to ${gateway.name}`, 6, (pick) =>
          connectClient(world, seat, gateway, BEGINNINGS[pick % BEGINNINGS.length] ?? { kind: 'latest' }),
        ),
      );
  }
  const actions: Action[] = [];
  if (link.transport.waiting > 0)
    actions.push(act('reading', `${client.name} reads`, 8, () => takeFrame(world, seat, link)));
  if (link.session !== null) {
    actions.push(act('talk', `${client.name} gets its position`, 1, () => sendPositionTo(world, link)));
  }
  if (link.isWelcome) {
    actions.push(
      act('talk', `${client.name} sends a heartbeat`, 1, () => sendFrame(world, link, '{"op":1}')),
      act('talk', `${client.name} asks for another filter`, 1, (pick) => {
        sendFrame(world, link, client.wantFilter(FILTERS[pick % FILTERS.length] ?? {}));
      }),
    );
  }
  actions.push(fault(world, 'client drop', 2, () => dropClient(world, seat), `${client.name} drops`));
  return actions;
}

function faultActions(world: World): readonly Action[] {
  const { broker, history, subject } = world;
  const { events, isLeaseHeld } = history.contents;
  const actions: Action[] = [];
  const database = (kind: Fault, weight: number, run: () => Promise<void>, name: string = kind): void => {
    actions.push(fault(world, kind, weight, () => run().then(world.observe), name));
  };
  if (isLeaseHeld) database('forced takeover', 2, () => subject.log.expireLease());
  if (events.length > 1) database('prune', 1, () => subject.log.pruneOldest(1));
  for (const commits of events.length > 0 ? [1, 2] : []) {
    database('failover', 2, () => subject.log.failOver(commits), `failover losing ${commits}`);
  }
  for (const subscriber of broker.subscribers) {
    const { name, inbox, isSubscribed, listener } = subscriber;
    const hint = (kind: Fault, run: Action['run']): void => {
      actions.push(fault(world, kind, 1, run, `${name}: ${kind}`));
    };
    if (inbox.length > 0) hint('lost hint', () => void inbox.shift());
    if (inbox.length > 0) hint('repeated hint', () => void inbox.unshift(...inbox.slice(0, 1)));
    if (broker.published.length > 0) {
      hint('stale hint', (pick) => void inbox.push(broker.published[pick % broker.published.length] ?? []));
    }
    if (isSubscribed) hint('malformed hint', () => listener.malformed());
    if (isSubscribed) hint('lost subscription', () => broker.loseSubscription(subscriber));
  }
  if (broker.subscribers.length > 0) {
    actions.push(fault(world, 'wiped broker', 1, () => broker.subscribers.forEach(broker.loseSubscription)));
  }
  if (world.isBrokerPrompt) {
    actions.push(
      fault(world, 'late subscription', 1, () => {
        world.isBrokerPrompt = false;
      }),
    );
  }
  for (const [index, gateway] of world.gateways.entries()) {
    if (gateway !== null)
      actions.push(fault(world, 'gateway crash', 1, () => crashGateway(world, index), `G${index} crashes`));
  }
  return actions;
}
