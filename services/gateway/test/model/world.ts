import type { FilterInput, Since } from '@dms/protocol';
import { createVitals } from '../../src/fan-out/liveness.ts';
import { createTenure } from '../../src/fan-out/tenure.ts';
import type { Session } from '../../src/websocket/session.ts';
import { readFrame } from './client-frames.ts';
import type { GatewayCode } from './code-under-test.ts';
import { type Counts, count } from './counts.ts';
import { createHistory, type History, isBlank } from './history.ts';
import { createModelBroker, type ModelBroker } from './model-broker.ts';
import { createModelClient, type ModelClient } from './model-client.ts';
import { createModelGateway, type ModelGateway } from './model-gateway.ts';
import { createModelIngester, type ModelIngester } from './model-ingester.ts';
import type { ModelLog } from './model-log.ts';
import { createModelTransport, type ModelTransport } from './model-transport.ts';
import { AUTHORS, CHANNEL, createSource, type Source, THREAD } from './source.ts';
import { createSteps, type PendingCall, type Steps } from './steps.ts';
import { demand } from './violation.ts';

/** What a walk begins with. */
export interface Setup {
  readonly gateways: number;
  readonly ringEvents: number;
  /** Frames a client's socket takes before the server is blocked. */
  readonly highWaterFrames: number;
  /** Clients understand compression, so that they also cross the seams between a log and its compressed twin. */
  readonly isCompressed: boolean;
  readonly clients: number;
  readonly isEverybodyUnfiltered: boolean;
}

/** What the walks run against. */
export interface Subject {
  readonly code: GatewayCode;
  readonly log: ModelLog;
  readonly isRetriedInTerm: boolean;
  readonly isHelloStored: boolean;
}

/** A client's socket and the server's side of it. */
export interface Link {
  readonly gateway: ModelGateway;
  readonly transport: ModelTransport;
  session: Session | null;
  /** The client has read HELLO and may speak. */
  isWelcome: boolean;
  /** Whether HELLO had to look into the log. */
  hasRead: boolean;
}

export interface Seat {
  readonly client: ModelClient;
  link: Link | null;
}

/** Everything of one walk. */
export interface World {
  readonly setup: Setup;
  readonly subject: Subject;
  readonly steps: Steps;
  readonly source: Source;
  readonly broker: ModelBroker;
  readonly history: History;
  readonly ingesters: readonly ModelIngester[];
  /** Null while a gateway process is down. */
  readonly gateways: (ModelGateway | null)[];
  readonly seats: readonly Seat[];
  /** Links whose server has not heard yet that the client is gone. */
  readonly halfOpen: Link[];
  readonly counts: Counts;
  readonly stamp: () => number;
  /** A promise that broke inside the code under test, which may have caught it; `check` throws it. */
  broken: unknown;
  /** Whether the broker acknowledges subscriptions in time. */
  isBrokerPrompt: boolean;
  /** Call after every step that may have changed the database. */
  observe(): Promise<void>;
  /** Checks what must hold at any time. */
  check(): void;
}

export const FILTERS: readonly FilterInput[] = [
  {},
  { channel_id: [CHANNEL] },
  { author_id: [AUTHORS[1]] },
  { channel_id: [THREAD], types: ['MESSAGE_CREATE', 'MESSAGE_DELETE'] },
];

export function createWorld(setup: Setup, subject: Subject): World {
  const steps = createSteps();
  const source = createSource();
  const history = createHistory();
  const counts: Counts = new Map();
  let stamped = 0;
  const stamp = (): number => {
    stamped += 1;
    return stamped;
  };
  const broker = createModelBroker(steps, () => world.isBrokerPrompt);
  const ingesterDeps = {
    ...{ log: subject.log, source, steps, stamp, publish: broker.publish, isRetriedInTerm: subject.isRetriedInTerm },
    onFenced: () => count(counts, 'fenced'),
  };
  const world: World = {
    ...{ setup, subject, steps, source, broker, history, counts, stamp },
    ingesters: ['A', 'B'].map((name) => createModelIngester(name, ingesterDeps)),
    gateways: Array.from({ length: setup.gateways }, () => null),
    seats: Array.from({ length: setup.clients }, (_, index) => ({
      client: createModelClient({
        name: `client ${index}`,
        // The first two watch everything and share one log.
        filter: (setup.isEverybodyUnfiltered ? undefined : FILTERS[Math.max(0, index - 1)]) ?? {},
        history,
        isHelloStored: subject.isHelloStored,
      }),
      link: null,
    })),
    halfOpen: [],
    isBrokerPrompt: true,
    broken: null,
    async observe() {
      history.observe(await subject.log.contents());
      for (const { client } of world.seats) client.logChanged();
    },
    check() {
      if (world.broken !== null) throw world.broken;
      for (const gateway of world.gateways) {
        if (gateway === null) continue;
        checkRing(gateway, history);
        if (!steps.pending.some(({ owner, isDeferred }) => isDeferred && owner === gateway.owner)) checkServed(gateway);
      }
    },
  };
  return world;
}

/** I4: the ring is one run of one lineage, and ends at `last`. */
function checkRing({ name, feed }: ModelGateway, history: History): void {
  if (!feed.isReady) return;
  const { ring, last } = feed;
  const newest = ring.get(ring.nextSeq - 1);
  const isEnd =
    newest === undefined ? last.seq === ring.nextSeq - 1 : newest.seq === last.seq && newest.term === last.term;
  demand(isEnd, () => `I4: ${name}'s ring ends at ${ring.nextSeq - 1}, its feed at ${last.seq}`);
  for (let seq = ring.firstSeq; seq < ring.nextSeq; seq += 1) {
    const event = ring.get(seq);
    const next = ring.get(seq + 1);
    demand(event !== undefined && event.seq === seq, () => `I4: ${name}'s ring has a hole at ${seq}`);
    demand(history.find(event) !== null, () => `I4: ${name} holds ${event.term}:${event.seq}, never committed`);
    if (next === undefined) continue;
    const isRun = history.between(event, next)?.length === 1;
    demand(isRun, () => `I4: in ${name}'s ring ${next.term}:${next.seq} follows ${event.term}:${event.seq}`);
  }
}

/** I5: with no turn to come, nobody waits for anything but its own socket or a page. */
function checkServed({ name, hub }: ModelGateway): void {
  for (const { id, place, transport } of hub.connections) {
    const isServed =
      place.kind === 'live' ? place.offset === place.log.endOffset : place.kind === 'closed' || place.isReading;
    demand(isServed || transport.isBlocked, () => `I5: ${name} forgot connection ${id}`);
  }
}

export function startGateway(world: World, index: number): void {
  const { subject, broker, steps, setup, counts } = world;
  const gateway = createModelGateway(`G${index}`, {
    code: subject.code,
    ...{ log: subject.log, broker, steps, ringEvents: setup.ringEvents },
    onRead(name) {
      if (name === 'reads a page') count(counts, 'page read');
      if (name !== 'locates') return;
      for (const { link } of world.seats) if (link?.gateway === gateway && link.session === null) link.hasRead = true;
    },
  });
  world.gateways[index] = gateway;
}

export function crashGateway(world: World, index: number): void {
  const gateway = world.gateways[index];
  if (gateway === undefined || gateway === null) return;
  world.steps.abandon(gateway.owner);
  world.broker.disconnect(gateway.owner);
  world.gateways[index] = null;
  for (const seat of world.seats) if (seat.link?.gateway === gateway) seat.link = null;
}

const LIVENESS = {
  ...{ heartbeatIntervalMs: 25_000, pongTimeoutMs: 15_000, positionIntervalMs: 15_000, stalledMs: 30_000 },
  inboundFramesPerMinute: Number.POSITIVE_INFINITY,
};

export function connectClient(world: World, seat: Seat, gateway: ModelGateway, whenNew: Since): void {
  const transport = createModelTransport({
    highWaterFrames: world.setup.highWaterFrames,
    isCompressed: world.setup.isCompressed,
    onBlocked: () => count(world.counts, 'blocked'),
    onFrame(text) {
      try {
        checkWritten(world, gateway, text);
      } catch (error) {
        world.broken ??= error;
      }
    },
  });
  const link: Link = { gateway, transport, session: null, isWelcome: false, hasRead: false };
  seat.link = link;
  gateway.open(transport, seat.client.connect(whenNew), seat.client.filter, (connection) => {
    const vitals = createVitals(0, LIVENESS.heartbeatIntervalMs, 0);
    const tenure = createTenure(0, 0, 0);
    const key = { name: 'anonymous', channels: null };
    link.session = { connection, transport, vitals, tenure, key, place: { release() {} } };
  });
}

/** Privacy: once a gateway has applied the delete of a message it never writes that message's content again. */
function checkWritten({ history, counts }: World, { name, feed, isApplying }: ModelGateway, text: string): void {
  const frame = readFrame(text);
  if (frame.op !== 'event') return;
  if (isBlank(frame.payload)) return count(counts, 'purged frame');
  if (isApplying) return;
  const { position } = frame;
  const written = history.find(position);
  // A delete that a failover lost is none: the log shows the content again until Discord's truth is reconciled.
  const isGone = history
    .between(position, feed.last)
    ?.some(
      ({ event }) =>
        event.type === 'MESSAGE_DELETE' && event.messageId === written?.event.messageId && history.isKept(event),
    );
  demand(
    isGone !== true,
    () => `purge: ${name} wrote the content of ${position.term}:${position.seq} after its delete`,
  );
}

/** The client takes one item from its socket. */
export function takeFrame(world: World, seat: Seat, link: Link): void {
  const item = link.transport.take();
  const { connection } = link.session ?? {};
  if (link.transport.hasDrained() && connection !== undefined) link.gateway.hub.resume(connection);
  if (item === null) return;
  if (item.kind === 'close') {
    seat.link = null;
    return;
  }
  countFrame(world, seat, link, item.text);
}

function countFrame({ counts }: World, { client }: Seat, link: Link, text: string): void {
  const asked = client.position;
  const frame = client.receive(text);
  if (frame.op === 'position') count(counts, 'position frame');
  if (frame.op === 'subscribed') count(counts, 'filter switch');
  if (frame.op === 'error' && frame.code === 'log_unavailable') count(counts, 'unavailable');
  if (frame.op !== 'hello') return;
  link.isWelcome = true;
  if (asked === null) return;
  if (frame.isResumed) count(counts, link.hasRead ? 'resumed from the log' : 'resumed from memory');
  else if (frame.reason === 'diverged') count(counts, 'reset: diverged');
  else if (frame.reason === 'too_old') count(counts, 'reset: too_old');
}

/** The client sends a frame: the real session answers it. */
export function sendFrame(world: World, link: Link, text: string): void {
  const { session, gateway } = link;
  if (session === null || !link.transport.isServerOpen) return;
  const context = { hub: gateway.hub, feed: gateway.feed, limits: LIVENESS, moveGraceMs: 0 };
  world.subject.code.receiveFrame(session, text, 0, context);
}

/** The position that a sweep sends every 15 s. */
export function sendPositionTo(world: World, link: Link): void {
  const { session, gateway } = link;
  if (session !== null) world.subject.code.sendPosition(session.connection, gateway.feed.last);
}

/** The client's end closes; the server hears of it later. */
export function dropClient(world: World, seat: Seat): void {
  if (seat.link !== null) world.halfOpen.push(seat.link);
  seat.link = null;
}

export function noticeDrop(world: World): void {
  const link = world.halfOpen.shift();
  if (link === undefined) return;
  link.transport.closeServerEnd();
  if (link.session !== null) link.gateway.hub.leave(link.session.connection);
}

/** Performs a held-back call, with or without a fault, and looks at what it did to the database. */
export async function takeEffect(world: World, call: PendingCall, perform?: () => Promise<unknown>): Promise<void> {
  await world.steps.takeEffect(call, perform);
  if (call.isWrite) await world.observe();
}
