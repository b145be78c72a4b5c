import { randomUUID } from 'node:crypto';
import type { PrismaPg } from '@prisma/adapter-pg';
import type { SqlValue } from './database.ts';

type Driver = Awaited<ReturnType<PrismaPg['connect']>>;
type SqlQuery = Parameters<Driver['queryRaw']>[0];
type DriverFactory = Pick<PrismaPg, 'provider' | 'adapterName'> & { connect(): Promise<Driver> };

/** Values that reach the driver as they are. */
export interface WholeValues {
  readonly adapter: DriverFactory;
  /** Runs `query` with names in the place of large values. */
  around<T>(values: readonly SqlValue[], query: (names: readonly SqlValue[]) => Promise<T>): Promise<T>;
}

/** From this many characters or bytes on a value travels by name. */
const LARGE = 1_000;

const isLarge = (value: SqlValue): value is string | Buffer =>
  (typeof value === 'string' || Buffer.isBuffer(value)) && value.length >= LARGE;

/** Prisma writes the parameters of a raw query as JSON and parses it again, bytes as base64: measured, a third of what storing
 *  a batch costs this process. So Prisma gets a name for each large value, and the driver below it the value itself. */
export function holdWholeValues(inner: DriverFactory): WholeValues {
  // Nobody outside can know a name, so no text of a message is ever taken for one.
  const prefix = randomUUID();
  const held = new Map<string, string | Buffer>();
  let named = 0;
  const resolve = (query: SqlQuery): SqlQuery => ({
    ...query,
    args: query.args.map((arg) => (typeof arg === 'string' ? (held.get(arg) ?? arg) : arg)),
  });
  return {
    adapter: {
      provider: inner.provider,
      adapterName: inner.adapterName,
      async connect() {
        const driver = await inner.connect();
        const queryRaw = driver.queryRaw.bind(driver);
        return Object.assign(driver, { queryRaw: (query: SqlQuery) => queryRaw(resolve(query)) });
      },
    },
    async around(values, query) {
      const names: string[] = [];
      const name = (value: SqlValue): SqlValue => {
        if (!isLarge(value)) return value;
        named += 1;
        const key = `${prefix} ${named}`;
        held.set(key, value);
        names.push(key);
        return key;
      };
      try {
        return await query(values.map(name));
      } finally {
        for (const key of names) held.delete(key);
      }
    },
  };
}
