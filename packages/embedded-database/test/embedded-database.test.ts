import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { eventually, type SpawnedProcess, spawnProcess, temporaryDirectory } from '@dms/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type EmbeddedDatabase, type EmbeddedDatabaseOptions, startEmbeddedDatabase } from '../src/index.ts';
import { connectTo, extendedQuery, type WireClient } from './support/wire-client.ts';

const HOLDER = fileURLToPath(new URL('fixtures/holder.ts', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
/** Generous: each start is a second of WebAssembly, and the machine may be busy. */
const READY_TIMEOUT_MS = 90_000;
jest.setTimeout(120_000);

let databases: EmbeddedDatabase[] = [];
let children: SpawnedProcess[] = [];

async function start(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const database = await startEmbeddedDatabase(options);
  databases.push(database);
  return database;
}

async function hold(directory: string, ...task: readonly string[]): Promise<SpawnedProcess> {
  const args = ['--import', 'tsx', '--conditions=source', HOLDER, directory, ...task];
  const child = await spawnProcess(process.execPath, args, { cwd: REPOSITORY });
  children.push(child);
  return child;
}

const socketDirectory = (line: string): string => new URL(line.slice(4)).searchParams.get('host') ?? '';

afterEach(async () => {
  await Promise.all(databases.map((database) => database.stop()));
  await Promise.all(children.map((child) => child.stop()));
  databases = [];
  children = [];
});

describe('the directory', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });

  it('keeps its rows over a clean stop, which leaves nothing but the data behind', async () => {
    const phases: string[] = [];
    const onProgress = (phase: string) => void phases.push(phase);
    const first = await start({ directory, onProgress });
    const client = await connectTo(first.url);
    await client.query('CREATE TABLE t (a TEXT)');
    await client.query("INSERT INTO t VALUES ('kept')");
    await first.stop();
    expect(await readdir(directory)).toEqual(['pgdata']);
    await expect(connectTo(first.url)).rejects.toThrow();

    const second = await start({ directory, onProgress });
    expect(await (await connectTo(second.url)).query('SELECT a FROM t')).toEqual(['kept']);
    expect(phases).toEqual(['creating', 'opening', 'ready', 'opening', 'ready']);
  });

  it('is refused to a second start, in this process and in another, also while the holder is frozen', async () => {
    const holder = await hold(directory);
    await holder.waitForLine(/^url /, READY_TIMEOUT_MS);
    const refusal = { code: 'DIRECTORY_IN_USE', message: expect.stringContaining(`${directory} is already in use`) };

    await expect(start({ directory })).rejects.toMatchObject({
      message: expect.stringContaining(`process ${holder.pid}`),
    });
    const another = await hold(directory);
    expect(await another.waitForLine(/DirectoryInUseError/, READY_TIMEOUT_MS)).toContain(directory);
    holder.kill('SIGSTOP');
    await expect(start({ directory })).rejects.toMatchObject(refusal);
    holder.kill('SIGCONT');
    await holder.stop();

    await start({ directory });
    await expect(start({ directory })).rejects.toMatchObject(refusal);
  });

  it('goes to exactly one of several that start at once', async () => {
    const contenders = await Promise.all([hold(directory), hold(directory), hold(directory)]);
    const outcomes = await Promise.all(
      contenders.map((contender) => contender.waitForLine(/^url |DirectoryInUseError/, READY_TIMEOUT_MS)),
    );

    expect(outcomes.filter((line) => line.startsWith('url '))).toHaveLength(1);
  });

  it('keeps every acknowledged row when its holder is killed, and is free at once', async () => {
    const holder = await hold(directory, 'insert');
    await holder.waitForLine(/^acknowledged 100$/, READY_TIMEOUT_MS);
    holder.kill('SIGKILL');
    await holder.exited;
    const acknowledged = holder.stdout
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('acknowledged')).length;

    const database = await start({ directory });
    const rows = (await (await connectTo(database.url)).query('SELECT n FROM acknowledged ORDER BY n')).map(Number);
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
    expect(rows).toEqual(Array.from({ length: rows.length }, (_, index) => index + 1));
    expect(existsSync(socketDirectory(await holder.waitForLine(/^url /)))).toBe(false);
  });

  it('is created anew when the first start was killed in the middle', async () => {
    const holder = await hold(directory);
    await holder.waitForLine(/^phase creating$/, READY_TIMEOUT_MS);
    await eventually(async () => expect(await readdir(directory)).toContain('pgdata.new'), { intervalMs: 2 });
    holder.kill('SIGKILL');
    await holder.exited;
    expect(await readdir(directory)).not.toContain('pgdata');

    const database = await start({ directory });
    expect(await (await connectTo(database.url)).query('SELECT 1')).toEqual(['1']);
    await database.stop();
    expect(await readdir(directory)).toEqual(['pgdata']);
  });
});

describe('connections', () => {
  let memory: EmbeddedDatabase;
  let a: WireClient;
  let b: WireClient;
  beforeAll(async () => {
    memory = await startEmbeddedDatabase({ directory: null });
  }, READY_TIMEOUT_MS);
  afterAll(() => memory.stop());
  beforeEach(async () => {
    a = await connectTo(memory.url);
    b = await connectTo(memory.url);
  });
  afterEach(() => {
    a.destroy();
    b.destroy();
  });

  it('never mix their statements, however the bytes arrive', async () => {
    const [parse, ...rest] = extendedQuery(`SELECT 'of a'`);
    a.send(parse ?? Buffer.alloc(0));
    for (const part of extendedQuery(`SELECT 'of b'`)) b.send(part);
    expect(await b.answer()).toEqual(['of b']);
    for (const byte of Buffer.concat(rest)) a.send(Buffer.of(byte));

    expect(await a.answer()).toEqual(['of a']);
  });

  it('wait for an open transaction of another, and go on when that one vanishes, which is rolled back', async () => {
    await a.query('CREATE TABLE t (a INT)');
    await a.query('BEGIN');
    await a.query('INSERT INTO t VALUES (1)');
    const waiting = b.query('SELECT count(*) FROM t');
    a.destroy();

    expect(await waiting).toEqual(['0']);
  });

  it('go on after an error', async () => {
    await expect(a.query('SELECT 1 / 0')).rejects.toThrow('22012');

    expect(await a.query('SELECT 2')).toEqual(['2']);
    a.close();
    expect(await b.query('SELECT 3')).toEqual(['3']);
  });
});
