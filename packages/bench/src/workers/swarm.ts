import { setTimeout as delay } from 'node:timers/promises';
import { createCheckedReader, type Violations } from './fan-out/checked-reader.ts';
import { createDeliveryWindow } from './fan-out/delivery-window.ts';
import { createReferenceStream, type ReferenceStream } from './fan-out/reference-stream.ts';
import { createSwarmClient, type Speech, type SwarmClient } from './fan-out/swarm-client.ts';
import type { SwarmFigures, SwarmOrder } from './swarm-orders.ts';

// Many checked clients in one process, led by messages (`SwarmOrder`) that are answered with a line `answer <id> {…}`.
const CONNECTING_AT_ONCE = 64;
const CONNECT_TIMEOUT_MS = 60_000;
const CHECK_INTERVAL_MS = 20;

interface Member {
  readonly client: SwarmClient;
  readonly url: string;
  readonly speech: Speech;
  /** Where it comes back to. */
  readonly home: string;
  readonly reference: ReferenceStream;
  offlineMs: number;
  cutAtMs: number;
  /** Reports the time from the loss of the connection to having everything that was there at the reconnect. */
  recoveringTo: number | null;
}

const references = new Map<string, ReferenceStream>();
const windows = new Map<string, ReturnType<typeof createDeliveryWindow>>();
const members: Member[] = [];
const violations: Violations = { lost: 0, duplicates: 0, reordered: 0, broken: 0 };
const recoveriesMs: number[] = [];
let closed = 0;
let refused = 0;
let isEnding = false;
let waiters: (() => void)[] = [];

const windowOf = (name: string): ReturnType<typeof createDeliveryWindow> => {
  const known = windows.get(name) ?? createDeliveryWindow();
  windows.set(name, known);
  return known;
};
const referenceOf = (name: string): ReferenceStream => {
  const known = references.get(name) ?? createReferenceStream();
  references.set(name, known);
  return known;
};
const wake = (): void => {
  const awake = waiters;
  waiters = [];
  for (const resume of awake) resume();
};
/** Other peers know no position in the URL. */
const resumeUrl = ({ client, home, speech }: Member): string => {
  if (speech !== 'dms' || client.reader.frames === 0) return home;
  return `${home}${home.includes('?') ? '&' : '?'}since=${term}:${client.reader.lastSeq}`;
};

let term = '0';

function reconnect(member: Member): void {
  setTimeout(() => {
    if (isEnding || member.client.isOpen) return;
    member.client.reader.startAfter(member.client.reader.lastSeq);
    member.client.open(resumeUrl(member));
  }, member.offlineMs);
}

async function open(order: Extract<SwarmOrder, { kind: 'open' }>): Promise<unknown> {
  const { group, count, url, speech, isStalled = false, stays = false, offlineMs = 0, window = 'all' } = order;
  if (order.term !== undefined) term = order.term;
  const fresh: Member[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = order.groups === undefined ? group : `${group}-${index % order.groups}`;
    const target = url.replaceAll('{group}', order.groupIds?.[index % (order.groups ?? 1)] ?? '');
    const reference = referenceOf(name);
    const client: SwarmClient = createSwarmClient({
      speech,
      isStalled,
      makeReader: (handlers) => createCheckedReader(reference, windowOf(window), violations, handlers),
      opened() {
        if (member.cutAtMs > 0) member.recoveringTo = reference.frames;
        wake();
      },
      ended(_client, refusal) {
        if (refusal !== null) refused += 1;
        else closed += 1;
        member.recoveringTo = null;
        if (member.cutAtMs === 0) member.cutAtMs = Date.now();
        if (stays && !isEnding) reconnect(member);
        wake();
      },
      asked(_client, afterMs) {
        // Only the address changes; the test of make-before-break is the SDK's.
        if (stays) setTimeout(() => client.cut(), afterMs);
      },
    });
    const member: Member = {
      client,
      url: target,
      home: order.moveTo ?? target,
      speech,
      reference,
      offlineMs,
      cutAtMs: 0,
      recoveringTo: null,
    };
    fresh.push(member);
  }
  members.push(...fresh);
  const deadline = Date.now() + CONNECT_TIMEOUT_MS;
  let next = 0;
  let pending = fresh.filter(({ client }) => !client.isOpen);
  while (pending.length > 0) {
    while (next < fresh.length && next - (fresh.length - pending.length) < CONNECTING_AT_ONCE) {
      const member = fresh[next];
      if (member !== undefined) member.client.open(member.url);
      next += 1;
    }
    if (Date.now() > deadline) break;
    await Promise.race([new Promise<void>((resolve) => waiters.push(resolve)), delay(CHECK_INTERVAL_MS)]);
    pending = fresh.filter(({ client }) => !client.isOpen);
  }
  return { open: fresh.length - pending.length, refused };
}

function figures(): SwarmFigures {
  const now = Date.now();
  return {
    ...violations,
    // Each client that stays must have all of its group's stream.
    behind: members.reduce((sum, { client, reference }) => sum + reference.frames - client.reader.frames, 0),
    frames: Math.max(0, ...[...references.values()].map(({ frames }) => frames)),
    totalFrames: [...references.values()].reduce((sum, { frames }) => sum + frames, 0),
    jumps: [...references.values()].reduce((sum, { jumps }) => sum + jumps, 0),
    bytes: Math.max(0, ...[...references.values()].map(({ length }) => length)),
    closed,
    refused,
    open: members.filter(({ client }) => client.isOpen).length,
    windows: Object.fromEntries([...windows].map(([name, window]) => [name, window.figures(now)])),
    recoveriesMs: recoveriesMs.toSorted((a, b) => a - b),
  };
}

/** Until every client has everything that anybody has, and at least `frames`; or nothing happens for a while. */
async function settle({ frames, quietMs }: Extract<SwarmOrder, { kind: 'settle' }>): Promise<SwarmFigures> {
  let seen = -1;
  let seenAtMs = Date.now();
  for (;;) {
    const now = figures();
    if (now.totalFrames >= frames && now.behind === 0) return now;
    const progress = now.totalFrames * members.length - now.behind;
    if (progress !== seen) {
      seen = progress;
      seenAtMs = Date.now();
    }
    if (Date.now() - seenAtMs > quietMs) return now;
    await delay(CHECK_INTERVAL_MS);
  }
}

setInterval(() => {
  const now = Date.now();
  for (const member of members) {
    if (member.recoveringTo === null || member.client.reader.frames < member.recoveringTo) continue;
    recoveriesMs.push(now - member.cutAtMs);
    member.recoveringTo = null;
    member.cutAtMs = 0;
  }
}, CHECK_INTERVAL_MS).unref();

/** Cuts each client once per `everyMs`, spread evenly. */
function jitter({ everyMs, untilMs }: Extract<SwarmOrder, { kind: 'jitter' }>): void {
  let next = 0;
  const started = Date.now();
  let cuts = 0;
  const timer = setInterval(() => {
    const elapsed = Date.now() - started;
    if (elapsed > untilMs) return clearInterval(timer);
    const due = Math.floor((elapsed / everyMs) * members.length);
    for (; cuts < due; cuts += 1) {
      members[next % members.length]?.client.cut();
      next += 1;
    }
  }, CHECK_INTERVAL_MS);
}

async function obey(order: SwarmOrder): Promise<unknown> {
  switch (order.kind) {
    case 'open':
      return await open(order);
    case 'measure':
      for (const window of windows.values()) window.restart(Date.now());
      return {};
    case 'read':
      return figures();
    case 'settle':
      return await settle(order);
    case 'cut':
      for (const { client } of members) client.cut();
      return {};
    case 'offline':
      for (const member of members) member.offlineMs = order.ms;
      return {};
    case 'jitter':
      jitter(order);
      return {};
    case 'go-on':
      for (const { client } of members) client.goOn();
      return {};
    case 'end':
      isEnding = true;
      for (const { client } of members) client.cut();
      return {};
  }
}

process.on('message', (message: { readonly id: number; readonly order: SwarmOrder }) => {
  void obey(message.order).then((answer) => process.stdout.write(`answer ${message.id} ${JSON.stringify(answer)}\n`));
});
process.stdout.write('listening\n');
