/** Microseconds since the Unix epoch as this process would read them on the database's clock. */
export interface DatabaseClock {
  /** Strictly increasing. */
  stamp(): number;
  /** `readDatabaseMicros` asks the database once; half the round trip is taken as the way. */
  calibrate(readDatabaseMicros: () => Promise<number>): Promise<void>;
  /** Later stamps exceed `micros`, whatever the clocks say: a store written under a faster clock stays older than we are. */
  advanceBeyond(micros: number): void;
}

// Monotonic, so a step of this machine's clock changes nothing between two calibrations.
const localMicros = (): number => (performance.timeOrigin + performance.now()) * 1_000;

export function createDatabaseClock(): DatabaseClock {
  let offset = 0;
  let last = 0;
  return {
    stamp() {
      last = Math.max(last + 1, Math.round(localMicros() + offset));
      return last;
    },
    async calibrate(readDatabaseMicros) {
      const askedAt = localMicros();
      const databaseMicros = await readDatabaseMicros();
      offset = databaseMicros - (askedAt + localMicros()) / 2;
    },
    advanceBeyond(micros) {
      last = Math.max(last, micros);
    },
  };
}
