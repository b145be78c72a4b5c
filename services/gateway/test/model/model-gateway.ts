import type { EncodedEvent } from '@dms/broker';
import { CloseCode, errorFrame, type Filter, helloFrame, type Position, type Since } from '@dms/protocol';
import type { Connection } from '../../src/fan-out/connection.ts';
import type { Hub } from '../../src/fan-out/hub.ts';
import type { Feed } from '../../src/feed/feed.ts';
import type { GatewayCode } from './code-under-test.ts';
import type { ModelBroker } from './model-broker.ts';
import type { GatewayReader } from './model-log.ts';
import type { ModelTransport } from './model-transport.ts';
import type { Owner, Steps } from './steps.ts';

/** One gateway process: the real feed, hub, pages and attach, wired as `gateway.ts` and `websocket-door.ts` wire them. */
export interface ModelGateway {
  readonly name: string;
  readonly owner: Owner;
  readonly feed: Feed;
  readonly hub: Hub;
  readonly isTicking: boolean;
  /** True while the hub is told of new events: what they delete is announced only after that. */
  readonly isApplying: boolean;
  tick(): void;
  /** The door's `open`: decides where the stream begins, says HELLO and joins in one synchronous step. */
  open(peer: ModelTransport, since: Since, filter: Filter, joined: (connection: Connection) => void): void;
}

export interface GatewayDeps {
  readonly code: GatewayCode;
  readonly log: GatewayReader;
  readonly broker: ModelBroker;
  readonly steps: Steps;
  readonly ringEvents: number;
  /** Told of every read that an attach or a catch-up needs. */
  readonly onRead: (name: string) => void;
}

const RING_BYTES = 1024 * 1024;

export function createModelGateway(name: string, deps: GatewayDeps): ModelGateway {
  const { code, log, broker, steps, ringEvents } = deps;
  const owner: Owner = {};
  let isTicking = false;
  let isApplying = false;

  const read = <T>(what: string, perform: () => Promise<T>): Promise<T> => {
    deps.onRead(what);
    return steps.call(owner, `${name} ${what}`, perform);
  };
  const reader: GatewayReader = {
    read: (fromSeq, limit) => read('reads', () => log.read(fromSeq, limit)),
    tail: (limit) => read('loads its tail', () => log.tail(limit)),
    locate: (seq) => read('locates', () => log.locate(seq)),
    oldest: () => read('asks for the oldest', () => log.oldest()),
    positionAt: (timeMs) => read('asks for a time', () => log.positionAt(timeMs)),
  };
  const pages = code.createLogPages({
    read: (fromSeq, limit) => read('reads a page', () => log.read(fromSeq, limit)),
  });
  const defer = (turn: () => void): void => steps.defer(owner, `${name} takes a turn`, turn);
  const hub: Hub = code.createHub({ feed: () => feed, pages, defer });
  const feed: Feed = code.createFeed({
    log: reader,
    broker: { subscribe: (listener) => broker.subscribe(owner, name, listener) },
    listener: {
      applied(events: readonly EncodedEvent[]) {
        isApplying = true;
        hub.applied(events);
        isApplying = false;
      },
      purged: hub.purged,
      diverged: () => hub.dropAll(CloseCode.ServiceRestart, 'diverged', 'The log changed.'),
    },
    ringLimits: { maxEvents: ringEvents, maxBytes: RING_BYTES },
  });
  void feed.start();

  let connectionsOpened = 0;
  const open = async (
    peer: ModelTransport,
    since: Since,
    filter: Filter,
    joined: (connection: Connection) => void,
  ): Promise<void> => {
    const attachment = await code.attach(since, { feed, log: reader });
    if (!peer.isServerOpen) return;
    if (attachment.kind === 'unavailable') {
      peer.sendText(errorFrame('log_unavailable', 'Your position stays valid; try again.', 0));
      return peer.close(CloseCode.TryAgainLater);
    }
    connectionsOpened += 1;
    const id = `${name}-${connectionsOpened}`;
    peer.sendText(hello(id, attachment.cursor, feed.oldest, attachment.isResumed, attachment.reason));
    joined(hub.join(id, peer, filter, attachment.cursor));
  };

  return {
    name,
    owner,
    feed,
    hub,
    get isTicking() {
      return isTicking;
    },
    get isApplying() {
      return isApplying;
    },
    tick() {
      isTicking = true;
      void feed.tick().finally(() => {
        isTicking = false;
      });
    },
    open(peer, since, filter, joined) {
      void open(peer, since, filter, joined);
    },
  };
}

const hello = (
  connectionId: string,
  position: Position,
  oldest: Position,
  resumed: boolean,
  reason: Parameters<typeof helloFrame>[0]['reason'],
): string => helloFrame({ connectionId, position, oldest, resumed, reason, heartbeatIntervalMs: 25_000, limits: {} });
