import { createServer } from 'node:net';

// Why not pglite-socket: it hands PGlite one protocol message at a time, and a statement is several. Measured with 0.2.17:
// when a large statement arrives in more than one chunk, another connection's Parse slips between, and PGlite (one
// backend) answers the wrong query without an error. Here a connection owns the backend until its cycle is complete.

const PROTOCOL_3 = 196_608;
const SSL_REQUEST = 80_877_103;
const GSSENC_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);
/** More connections than this are closed at once. */
const MAX_CONNECTIONS = 100;

/** Cuts a connection's bytes into units: `{ bytes, isComplete }`, complete when the server will answer ReadyForQuery. */
export function createUnitReader({ onUnit, onRefuseEncryption, onEnd }) {
  let buffered = Buffer.alloc(0);
  let pending = [];
  let hasStarted = false;

  const emit = (isComplete) => {
    onUnit({ bytes: Buffer.concat(pending), isComplete });
    pending = [];
  };
  const readStartup = () => {
    const length = buffered.readInt32BE(0);
    if (buffered.length < length) return false;
    const code = buffered.readInt32BE(4);
    const message = buffered.subarray(0, length);
    buffered = buffered.subarray(length);
    if (code === SSL_REQUEST || code === GSSENC_REQUEST) onRefuseEncryption();
    else if (code === PROTOCOL_3) {
      hasStarted = true;
      pending.push(message);
      emit(true);
    } else onEnd(code === CANCEL_REQUEST ? 'cancel' : 'protocol');
    return true;
  };
  const readMessage = () => {
    const length = 1 + buffered.readInt32BE(1);
    if (buffered.length < length) return false;
    const type = String.fromCharCode(buffered[0]);
    const message = buffered.subarray(0, length);
    buffered = buffered.subarray(length);
    if (type === 'X') {
      onEnd('terminate');
      return true;
    }
    pending.push(message);
    if (type === 'S' || type === 'Q') emit(true);
    else if (type === 'H') emit(false);
    return true;
  };
  return (chunk) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    while (buffered.length >= 8 || (hasStarted && buffered.length >= 5)) {
      if (!(hasStarted ? readMessage() : readStartup())) return;
    }
  };
}

/** Runs units one at a time. A connection keeps the backend while its cycle is incomplete or its transaction is open. */
export function createBackend(db, onCrash) {
  const waiting = [];
  let owner = null;
  let isRunning = false;

  const takeNext = () => {
    const index = owner === null ? 0 : waiting.findIndex((unit) => unit.owner === owner);
    return index === -1 ? undefined : waiting.splice(index, 1)[0];
  };
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    for (let unit = takeNext(); unit !== undefined; unit = takeNext()) {
      await unit.work();
      owner = unit.isComplete && !db.isInTransaction() ? null : unit.owner;
    }
    isRunning = false;
  };
  const enqueue = (unit) => {
    waiting.push(unit);
    run().catch(onCrash);
  };
  return {
    execute(connection, { bytes, isComplete }, onRawData) {
      const work = () => db.execProtocolRawStream(bytes, { onRawData });
      enqueue({ owner: connection, isComplete, work });
    },
    /** Forgets what the connection still wanted and rolls back what it left open. */
    abandon(connection) {
      for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i].owner === connection) waiting.splice(i, 1);
      const work = async () => {
        if (owner !== connection) return;
        await db.execProtocolRawStream(SYNC, { onRawData: () => {} });
        if (db.isInTransaction()) await db.exec('ROLLBACK');
      };
      enqueue({ owner: connection, isComplete: true, work });
    },
    /** Runs work of our own when the backend is free. Resolves with its result, or null when it failed. */
    run(work) {
      return new Promise((resolve) => {
        const settle = async () => resolve(await work().catch(() => null));
        enqueue({ owner: null, isComplete: true, work: settle });
      });
    },
    /** Resolves when everything asked for before has run; an open transaction of somebody else does not hold it up. */
    idle() {
      owner = null;
      return new Promise((resolve) => enqueue({ owner: null, isComplete: true, work: async () => resolve() }));
    },
  };
}

/** Serves `db` over the PostgreSQL wire protocol. Resolves when listening, with the port (null on a unix socket). */
export async function serve(db, address, onCrash) {
  const backend = createBackend(db, onCrash);
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const send = (data) => {
      // A copy: `data` is a view into WASM memory that the next unit overwrites.
      if (socket.writable) socket.write(Buffer.from(data));
    };
    const read = createUnitReader({
      onUnit: (unit) => backend.execute(socket, unit, send),
      onRefuseEncryption: () => socket.write('N'),
      onEnd: () => socket.end(),
    });
    socket.on('data', read);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      backend.abandon(socket);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  const bound = server.address();
  return {
    run: backend.run,
    port: typeof bound === 'object' && bound !== null ? bound.port : null,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await backend.idle();
    },
  };
}
