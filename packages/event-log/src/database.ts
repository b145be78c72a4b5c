import { PrismaPg } from '@prisma/adapter-pg';
import { DatabaseError } from './errors.ts';
import { PrismaClient } from './generated/client.ts';
import { asRows, isRow, type Row } from './rows.ts';
import { createStatementNames } from './statement-names.ts';
import { holdWholeValues } from './whole-values.ts';

/** Text, bytes and null travel: casts in the SQL say what they mean, so no snowflake ever becomes a JS number. */
export type SqlValue = string | number | Buffer | null;

export interface Database {
  /** Runs one statement, which is one transaction. @throws DatabaseError */
  query(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>;
  /** The same for a hot read whose few columns are text, boolean or bigint (which comes as text): on Prisma's own connections, but
   *  past Prisma, which costs this process more than PostgreSQL takes to find a page. Not before the first `query`. @throws DatabaseError */
  read(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export const STATEMENT_TIMEOUT_MS = 10_000;
/** How long a session may hold a transaction open without a word from its client. */
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 3_000;
/** Ends the wait for an answer that was lost on the way; the server had its own timeout before. */
const ANSWER_TIMEOUT_MS = 12_000;
const CONNECT_TIMEOUT_MS = 5_000;

export interface DatabaseOptions {
  /** Most connections held open at once. */
  readonly poolSize: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
}

/** Connects lazily. Settings go as start-up options, which PGlite ignores; nothing may depend on them but bounds. */
export function openDatabase(url: string, { poolSize, applicationName }: DatabaseOptions): Database {
  const settings = [
    '-c TimeZone=UTC',
    `-c statement_timeout=${STATEMENT_TIMEOUT_MS}`,
    `-c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_TIMEOUT_MS}`,
  ];
  const factory = new PrismaPg({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    application_name: applicationName,
    options: settings.join(' '),
    keepAlive: true,
  });
  let pool: ReturnType<typeof factory.connect> | null = null;
  const names = createStatementNames();
  const connect = () => {
    pool ??= factory.connect();
    return pool;
  };
  const whole = holdWholeValues({ provider: factory.provider, adapterName: factory.adapterName, connect });
  const prisma = new PrismaClient({ adapter: whole.adapter, errorFormat: 'minimal' });
  let isClosed = false;
  return {
    async query(sql, ...values) {
      // Prisma would silently connect again.
      if (isClosed) throw new DatabaseError(null, 'the connection pool is closed', null);
      const result: unknown = await whole
        .around(values, (names) => prisma.$queryRawUnsafe(sql, ...names))
        .catch((error: unknown) => {
          throw toDatabaseError(error);
        });
      return asRows(result);
    },
    async read(sql, ...values) {
      if (isClosed) throw new DatabaseError(null, 'the connection pool is closed', null);
      try {
        const driver = (await connect()).underlyingDriver();
        const run = async (name: string | null) => {
          const result: { readonly rows: unknown } = await driver.query({
            ...{ text: sql, values: [...values] },
            ...(name !== null && { name }),
          });
          return asRows(result.rows);
        };
        const name = names.nameOf(sql);
        return await run(name).catch((error: unknown) => {
          if (name === null || !names.isRefusal(toDatabaseError(error).sqlState)) throw error;
          return run(null);
        });
      } catch (error) {
        throw toDatabaseError(error);
      }
    },
    async close() {
      isClosed = true;
      await prisma.$disconnect();
    },
  };
}

/** Finds PostgreSQL's own SQLSTATE under what Prisma and its adapter wrapped around it. */
export function toDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const cause = adapterCause(error);
  if (cause !== null && typeof cause.originalCode === 'string') {
    return new DatabaseError(cause.originalCode, describeSqlState(cause.originalCode), error);
  }
  if (isRow(error) && typeof error.code === 'string' && typeof error.severity === 'string') {
    return new DatabaseError(error.code, describeSqlState(error.code), error);
  }
  const kind = cause !== null && typeof cause.kind === 'string' && cause.kind !== 'GenericJs' ? cause.kind : null;
  const code = isRow(error) && typeof error.code === 'string' ? error.code : null;
  return new DatabaseError(null, kind ?? code ?? lastLine(error), error);
}

// Prisma puts its own invocation before the driver's sentence.
function lastLine(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message.trim().split('\n').at(-1) || 'unknown error';
}

function adapterCause(error: unknown): Row | null {
  if (!isRow(error) || !isRow(error.meta) || !isRow(error.meta.driverAdapterError)) return null;
  const { cause } = error.meta.driverAdapterError;
  return isRow(cause) ? cause : null;
}

// PostgreSQL's own sentences may quote content, so the class has to do. https://www.postgresql.org/docs/current/errcodes-appendix.html
const SQLSTATE_CLASSES: Readonly<Record<string, string>> = {
  '08': 'connection exception',
  '22': 'data exception',
  '23': 'integrity constraint violation',
  '25': 'invalid transaction state',
  '28': 'invalid authorization',
  '3D': 'unknown database',
  '40': 'transaction rollback',
  '42': 'syntax error or access rule violation',
  '53': 'insufficient resources',
  '54': 'program limit exceeded',
  '55': 'object not in prerequisite state',
  '57': 'operator intervention',
  '58': 'system error',
};

/** Those that an operator has to do something about. */
const SQLSTATES: Readonly<Record<string, string>> = {
  '53100':
    'its disk is full; nothing is lost as long as Discord keeps the session, and writing goes on when there is room',
  '53300': 'too many connections',
};

/** What an SQLSTATE means, or the name of its class; never holds content. */
export function describeSqlState(sqlState: string): string {
  return SQLSTATES[sqlState] ?? SQLSTATE_CLASSES[sqlState.slice(0, 2)] ?? 'error';
}

/** `{1,2}`: PostgreSQL's array literal, for parameters written `$1::text::bigint[]`. Only for ids that are decimal. */
export const bigintArray = (ids: Iterable<string>): string => `{${[...ids].join(',')}}`;
