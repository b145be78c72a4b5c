import type { EncodedEvent } from '@dms/broker';
import type { Connection } from './connection.ts';
import type { CompressingFraming } from './framing.ts';
import type { Rotation } from './rotation.ts';
import { createSharedLog, type SharedLog } from './shared-log.ts';

/** Filters that are compressed at a time (I9). Each costs about 20 µs an event and, besides its share of what shared logs may hold,
 *  the window of its stream twice; readers of further filters get plain frames. */
export const MAX_COMPRESSED_LOGS = 64;
/** How often a stream may start over to take in newcomers. More often costs compression, less often leaves them with plain frames. */
export const START_OVER_EVERY_MS = 200;

interface Twin {
  readonly framing: CompressingFraming;
  log: SharedLog;
  /** Live on the plain log until the stream starts over. */
  readonly waiting: Set<Connection>;
  triedAtMs: number;
}

/** Beside a shared log its compressed twin: one stream for all who read it, so an event is compressed once. It refers back to what it
 *  carried since it last started over, therefore a reader may join only there, and whoever left it joins anew. Whoever is not (or not
 *  yet) on it reads plain frames, which every reader understands at any time and which do not touch its window (RFC 7692 §6.1). */
export interface CompressedLogs {
  readonly size: number;
  /** The connection reads its log live; if it understands compression, it moves over at the next opportunity. */
  welcome(connection: Connection): void;
  /** The connection no longer reads live. Call after it left the rotation. */
  forget(connection: Connection): void;
  /** Call before `event` is appended to `plain`: whoever has everything before it may move over. Returns the twin once it holds the
   *  event as well; null when nobody reads it. */
  append(plain: SharedLog, event: EncodedEvent, nowMs: number): SharedLog | null;
  /** What was purged must not be referred to any more. */
  startOver(): void;
  all(): Iterable<SharedLog>;
}

export function createCompressedLogs(rotation: Rotation): CompressedLogs {
  const twins = new Map<SharedLog, Twin>();

  const hasEverything = ({ place }: Connection, plain: SharedLog): boolean =>
    place.kind === 'live' && place.log === plain && place.offset === plain.endOffset;

  const freshLog = (plain: SharedLog, framing: CompressingFraming): SharedLog =>
    createSharedLog(plain.filter, framing, plain.positionAt(plain.endOffset));

  /** Takes in who waits, at the only place where they can join. */
  const takeIn = (plain: SharedLog, twin: Twin, nowMs: number): void => {
    if (twin.waiting.size === 0 || nowMs - twin.triedAtMs < START_OVER_EVERY_MS) return;
    const ready = [...twin.waiting].filter((connection) => hasEverything(connection, plain));
    twin.triedAtMs = nowMs;
    if (ready.length === 0) return;
    // Nobody read it, so nothing was appended to it meanwhile.
    if (!rotation.hasMembers(twin.log)) twin.log = freshLog(plain, twin.framing);
    twin.framing.startOver();
    for (const connection of ready) {
      twin.waiting.delete(connection);
      rotation.remove(plain, connection);
      connection.place = { kind: 'live', log: twin.log, offset: twin.log.endOffset };
      rotation.add(twin.log, connection);
    }
  };

  return {
    get size() {
      return twins.size;
    },
    welcome(connection) {
      const { log, transport } = connection;
      if (transport.framing.openCompressed === undefined) return;
      let twin = twins.get(log);
      if (twin === undefined) {
        if (twins.size >= MAX_COMPRESSED_LOGS) return;
        const framing = transport.framing.openCompressed();
        twin = { framing, log: freshLog(log, framing), waiting: new Set(), triedAtMs: Number.NEGATIVE_INFINITY };
        twins.set(log, twin);
      }
      twin.waiting.add(connection);
    },
    forget(connection) {
      const twin = twins.get(connection.log);
      if (twin === undefined) return;
      twin.waiting.delete(connection);
      if (twin.waiting.size === 0 && !rotation.hasMembers(twin.log)) twins.delete(connection.log);
    },
    append(plain, event, nowMs) {
      const twin = twins.get(plain);
      if (twin === undefined) return null;
      takeIn(plain, twin, nowMs);
      if (!rotation.hasMembers(twin.log)) return null;
      twin.log.append(event);
      return twin.log;
    },
    startOver() {
      for (const twin of twins.values()) twin.framing.startOver();
    },
    *all() {
      for (const { log } of twins.values()) yield log;
    },
  };
}
