import { isSamePosition, matchesFilter, type Position } from '@dms/protocol';
import { isBlank } from './history.ts';
import type { ModelClient } from './model-client.ts';
import type { ModelGateway } from './model-gateway.ts';
import { settle } from './steps.ts';
import { demand } from './violation.ts';
import { connectClient, noticeDrop, sendPositionTo, startGateway, takeEffect, takeFrame, type World } from './world.ts';

/** Far more than any walk needs. */
const MAX_ROUNDS = 60;
const MAX_STEPS_PER_ROUND = 4_000;

/** The faults are over: everything runs to rest, and then everybody must have everything. Returns the steps it took. */
export async function comeToRest(world: World, report: (step: string) => void): Promise<number> {
  world.isBrokerPrompt = true;
  // A fresh session reconciles what a failover took from the store; a session that goes on would not (DESIGN §5).
  for (const ingester of world.ingesters) ingester.crash();
  let steps = 0;
  let before = '';
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    steps += await drain(world, report);
    const now = describe(world);
    if (now === before) {
      checkAtRest(world);
      return steps;
    }
    before = now;
    report('tick');
    for (const gateway of world.gateways) gateway?.tick();
    for (const { link } of world.seats) if (link !== null) sendPositionTo(world, link);
    await settle();
  }
  demand(false, () => `stuck: no rest after ${MAX_ROUNDS} ticks, at ${before}`);
  return steps;
}

const describe = ({ history, gateways, seats }: World): string =>
  JSON.stringify([
    history.contents.head,
    gateways.map((gateway) => [gateway?.feed.last, gateway?.feed.generation, gateway?.feed.isReady]),
    seats.map(({ client, link }) => [client.position, link?.gateway.name]),
  ]);

/** Lets everything happen that needs no fault, no news and no time. Returns the steps it took. */
export async function drain(world: World, report: (step: string) => void): Promise<number> {
  for (let steps = 0; steps < MAX_STEPS_PER_ROUND; steps += 1) {
    const name = await calmStep(world);
    if (name === null) return steps;
    report(name);
    await settle();
    world.check();
  }
  demand(false, () => 'stuck: the system never pauses');
  return 0;
}

/** Does the first thing that is left to do. */
async function calmStep(world: World): Promise<string | null> {
  const { steps, broker } = world;
  const call = steps.pending[0];
  if (call !== undefined) {
    if (!call.hasTakenEffect) await takeEffect(world, call);
    if (steps.pending.includes(call)) await steps.answer(call);
    return call.name;
  }
  const lost = broker.subscribers.find(({ isSubscribed }) => !isSubscribed);
  if (lost !== undefined) {
    broker.resubscribe(lost);
    return `${lost.name} subscribes again`;
  }
  const waiting = broker.subscribers.find(({ inbox }) => inbox.length > 0);
  if (waiting !== undefined) {
    broker.deliver(waiting, 1);
    return `${waiting.name} receives hints`;
  }
  const down = world.gateways.indexOf(null);
  if (down !== -1) {
    startGateway(world, down);
    return `G${down} starts`;
  }
  if (world.halfOpen.length > 0) {
    noticeDrop(world);
    return 'a drop is noticed';
  }
  return calmClientStep(world) ?? (await calmIngesterStep(world));
}

function calmClientStep(world: World): string | null {
  for (const [index, seat] of world.seats.entries()) {
    const { client, link } = seat;
    if (link !== null && link.transport.waiting > 0) {
      takeFrame(world, seat, link);
      return `${client.name} reads`;
    }
    const ready = world.gateways.filter((gateway): gateway is ModelGateway => gateway?.feed.isReady === true);
    const gateway = ready[index % Math.max(1, ready.length)];
    if (link !== null || gateway === undefined) continue;
    connectClient(world, seat, gateway, { kind: 'latest' });
    return `${client.name} connects to ${gateway.name}`;
  }
  return null;
}

async function calmIngesterStep({ ingesters, history, subject, observe }: World): Promise<string | null> {
  const leader = ingesters.find(({ isLeading }) => isLeading) ?? ingesters[0];
  if (leader === undefined || leader.isBusy) return null;
  if (!leader.isUp) {
    leader.start();
    return `${leader.name} starts`;
  }
  if (leader.isLeading) {
    if (leader.queue.length === 0) return null;
    leader.commit(3);
    return `${leader.name} commits`;
  }
  if (history.contents.isLeaseHeld) {
    await subject.log.expireLease();
    await observe();
  }
  leader.acquire();
  return `${leader.name} acquires`;
}

function checkAtRest(world: World): void {
  const { history, source, gateways, seats } = world;
  const { head, events, messages } = history.contents;
  const newest: Position = events.at(-1) ?? { term: 0, seq: 0 };
  demand(
    messages.size === source.messages.size,
    () => `I8: ${messages.size} messages stored of ${source.messages.size}`,
  );
  for (const truth of source.messages.values()) {
    const stored = messages.get(truth.id);
    const isSame = stored?.isDeleted === truth.isDeleted && (truth.isDeleted || stored.hash === `v${truth.version}`);
    demand(isSame, () => `I8: ${truth.id} is v${truth.version} at Discord, stored is ${JSON.stringify(stored)}`);
    const left = events.some((event) => event.messageId === truth.id && event.payload.includes('"content"'));
    demand(!truth.isDeleted || !left, () => `purge: the log still shows the content of ${truth.id}`);
  }
  for (const gateway of gateways) {
    const feed = gateway?.feed;
    const isThere = feed?.isReady === true && isSamePosition(feed.last, newest);
    demand(
      isThere,
      () => `I7: ${gateway?.name} rests at ${feed?.last.term}:${feed?.last.seq}, the log at ${newest.seq}`,
    );
  }
  for (const { client, link } of seats) {
    demand(link !== null, () => `stuck: ${client.name} is not connected`);
    const isThere = client.position !== null && isSamePosition(client.position, newest);
    demand(isThere, () => `I5: ${client.name} rests at ${client.position?.seq}, the log at ${head.seq} (silent loss)`);
    checkClientHistory(world, client);
  }
}

/** I5, from the other end: the log's own rows, cut by what the client asked for, are what it has. */
function checkClientHistory({ history }: World, { name, stretches }: ModelClient): void {
  const floor = history.floorSeq();
  const show = ({ term, seq }: Position): string => `${term}:${seq}`;
  const wanted: string[] = [];
  const received: string[] = [];
  for (const [index, { filter, after, events }] of stretches.entries()) {
    const end = stretches[index + 1]?.after.seq ?? Number.POSITIVE_INFINITY;
    for (const event of history.contents.events) {
      if (event.seq > after.seq && event.seq <= end && matchesFilter(filter, event)) wanted.push(show(event));
    }
    for (const { position, payload } of events) {
      if (position.seq >= floor) received.push(show(position));
      const row = history.contents.events.find((event) => isSamePosition(event, position));
      const isHonest = row === undefined || payload === row.payload || (isBlank(row.payload) && !isBlank(payload));
      demand(isHonest, () => `I5: ${name} has ${payload} where the log has ${row?.payload}`);
    }
  }
  const isEqual = wanted.join() === received.join();
  demand(isEqual, () => `I5: ${name} has [${received.join()}], the log says [${wanted.join()}]`);
}
