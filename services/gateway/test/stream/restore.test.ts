import { join } from 'node:path';
import { type EventLog, migrate } from '@dms/event-log';
import type { LogEvent, Position } from '@dms/protocol';
import {
  checkLeaks,
  describeWith,
  infrastructure,
  type SpawnedProcess,
  spawnProcess,
  temporaryDirectory,
  usePostgres,
} from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import { idsOf } from './gateway-fixture.ts';
import { becomeWriter, newMessages, useRealStage } from './use-real-stage.ts';

const BATCH = 100;
const BEFORE_DUMP = 2_000;

/** One of PostgreSQL's own programs, of the server's version. */
function start(program: string, ...args: readonly string[]): Promise<SpawnedProcess> {
  const source = infrastructure.postgresProcess;
  if (!source.available || source.kind !== 'program') throw new Error('there is no PostgreSQL of our own');
  return spawnProcess(join(source.binDirectory, program), args);
}

async function untilDone(process: SpawnedProcess): Promise<void> {
  const exit = await process.exited;
  expect({ exit, stderr: process.stderr }).toEqual({ exit: { code: 0, signal: null }, stderr: '' });
}

async function readAll(log: EventLog): Promise<readonly LogEvent[]> {
  const events: LogEvent[] = [];
  for (;;) {
    const page = await log.read(events.length + 1, 1_000);
    if (page.length === 0) return events;
    events.push(...page);
  }
}

checkLeaks();

describeWith(infrastructure.postgresProcess, 'a database restored from a dump', () => {
  const postgres = usePostgres({ mustBeOwn: true, fsync: false });
  const { openLog, openGateway, connect } = useRealStage();

  /** Dumps a log while it grows, and lets it grow on: in the term that the dump knows, and in a later one. */
  async function dumpGrowingLog(): Promise<{ readonly dump: string; readonly events: readonly LogEvent[] }> {
    const url = await postgres().createDatabase();
    await migrate(url);
    const log = await openLog(url);
    let writer = await becomeWriter(log);
    let written = 0;
    const write = async (): Promise<void> => {
      written += (await writer.append(newMessages(log, written + 1, BATCH))).events.length;
    };
    while (written < BEFORE_DUMP) await write();

    const dump = join(await temporaryDirectory(), 'dump');
    const dumping = await start('pg_dump', '--format=custom', `--file=${dump}`, url);
    while (!dumping.hasExited) await write();
    await untilDone(dumping);
    expect(written).toBeGreaterThan(BEFORE_DUMP);
    await write();
    await writer.release();
    writer = await becomeWriter(log);
    await write();
    return { dump, events: await readAll(log) };
  }

  it('I2, I5, I6: keeps the positions up to the dump; later ones diverged, also when it is as long again', async () => {
    const { dump, events } = await dumpGrowingLog();
    const url = await postgres().createDatabase();
    await untilDone(await start('pg_restore', '--exit-on-error', '--no-owner', `--dbname=${url}`, dump));
    expect(await migrate(url)).toEqual({ applied: [] });
    const log = await openLog(url);
    const { term, seq: head } = await log.writerState();
    // One moment of the log with its messages: nothing of a later commit, nothing missing.
    expect(head).toBeGreaterThanOrEqual(BEFORE_DUMP);
    expect(await readAll(log)).toEqual(events.slice(0, head));
    expect(await log.message(String(head))).not.toBeNull();
    expect(await log.message(String(head + 1))).toBeNull();

    const { ws } = await openGateway(url);
    const lost: readonly Position[] = [events[head], events.at(-1)].flatMap((event) => event ?? []);
    const newestTerm = lost.at(-1)?.term ?? 0;
    expect(lost.map((position) => position.term)).toEqual([term, newestTerm]);
    expect(newestTerm).toBeGreaterThan(term);
    const expectLost = async (): Promise<void> => {
      for (const position of lost) {
        expect((await connect(ws, position)).hello).toMatchObject({ resumed: false, reason: 'diverged' });
      }
    };
    await expectLost();

    const inside = await connect(ws, { term, seq: head - 3 });
    const atHead = await connect(ws, { term, seq: head });
    expect([inside.hello, atHead.hello]).toMatchObject([{ resumed: true }, { resumed: true }]);
    const successor = await becomeWriter(log);
    expect(successor.term).toBeGreaterThan(newestTerm);
    let added = 0;
    while (head + added <= events.length) {
      added += (await successor.append(newMessages(log, 1_000_000 + added, BATCH))).events.length;
    }
    const news = Array.from({ length: added }, (_, index) => 1_000_000 + index);
    expect(idsOf(await inside.waitForEvents(3 + added))).toEqual([head - 2, head - 1, head, ...news]);
    expect(idsOf(await atHead.waitForEvents(added))).toEqual(news);
    expect([...inside.violations, ...atHead.violations]).toEqual([]);
    // Their seqs name other events by now.
    await expectLost();
  }, 60_000);
});
