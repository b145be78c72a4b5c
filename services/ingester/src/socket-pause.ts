/** Lets Discord wait: what is not read stays in the socket, and TCP tells Discord. */
export interface SocketPause {
  /** What discord.js keeps its connections in. */
  attach(strategy: object): void;
  /** Nothing more is read until `resume`; what was read already is still dispatched. */
  pause(): void;
  resume(): void;
}

interface Pausable {
  pause(): void;
  resume(): void;
}

export function createSocketPause(): SocketPause {
  let strategy: object | null = null;
  return {
    attach(next) {
      strategy = next;
    },
    pause: () => socketsOf(strategy).forEach((socket) => void socket.pause()),
    resume: () => socketsOf(strategy).forEach((socket) => void socket.resume()),
  };
}

/** discord.js has no say in how fast it reads and keeps its sockets private. Where another version keeps them elsewhere nothing is
 *  found and nothing paused, which a test would tell. */
function socketsOf(strategy: object | null): readonly Pausable[] {
  const shards: unknown = strategy === null ? null : Reflect.get(strategy, 'shards');
  if (!(shards instanceof Map)) return [];
  return [...shards.values()].flatMap((shard: unknown) => {
    const socket: unknown = typeof shard === 'object' && shard !== null ? Reflect.get(shard, 'connection') : null;
    return isPausable(socket) ? [socket] : [];
  });
}

const isPausable = (value: unknown): value is Pausable =>
  typeof value === 'object' &&
  value !== null &&
  ['pause', 'resume'].every((name) => typeof Reflect.get(value, name) === 'function');
