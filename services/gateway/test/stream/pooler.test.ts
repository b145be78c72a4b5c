import { readFileSync } from 'node:fs';
import { migrate } from '@dms/event-log';
import {
  checkLeaks,
  describeWith,
  eventually,
  infrastructure,
  type PgBouncer,
  startPgBouncer,
  usePostgres,
} from '@dms/test-kit';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { z } from 'zod';
import { openDatabase } from '../../../../packages/event-log/src/database.ts';
import { idsOf } from './gateway-fixture.ts';
import { keepNewestOnly } from './keep-newest-only.ts';
import { becomeWriter, newMessages, useRealStage } from './use-real-stage.ts';

const pageSchema = z.object({ messages: z.array(z.object({ id: z.string() })), has_more: z.boolean() });
const healthSchema = z.object({ status: z.string(), checks: z.object({ database: z.object({ status: z.string() }) }) });

/** What operators are told to use is what is tested. */
function documentedConfiguration(): string {
  const handbook = readFileSync(new URL('../../../../docs/OPERATIONS.md', import.meta.url), 'utf8');
  const [, configuration] = /^```ini\n([\s\S]*?)^```$/m.exec(handbook) ?? [];
  if (configuration === undefined) throw new Error('OPERATIONS.md has no pgbouncer.ini');
  return configuration;
}

const numbers = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index);

/** Every message from the newest down, over REST. */
async function walkHistory(http: string): Promise<readonly number[]> {
  const ids: number[] = [];
  for (let hasMore = true; hasMore; ) {
    const before = ids.length === 0 ? '' : `&before=${ids.at(-1)}`;
    const answer = await fetch(`${http}/messages?limit=100${before}`);
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status}: ${body}`);
    const page = pageSchema.parse(JSON.parse(body));
    ids.push(...page.messages.map(({ id }) => Number(id)));
    hasMore = page.has_more;
  }
  return ids;
}

checkLeaks();

const needs = infrastructure.postgresProcess.available ? infrastructure.pgbouncer : infrastructure.postgresProcess;

describeWith(needs, 'PgBouncer in transaction mode, as OPERATIONS.md configures it', () => {
  // Another zone than ours, because the pooler drops the one that a session asks for.
  const postgres = usePostgres({ mustBeOwn: true, fsync: false, settings: { timezone: 'Asia/Kolkata' } });
  let url = '';
  let pooler: PgBouncer;

  beforeEach(async () => {
    url = await postgres().createDatabase();
    pooler = await startPgBouncer(documentedConfiguration(), url);
  });
  afterEach(() => pooler.stop());
  const { openLog, openGateway, connect } = useRealStage();

  it('lets migrations run at once from several machines, and keeps no lock of theirs', async () => {
    const results = await Promise.all(numbers(1, 3).map(() => migrate(pooler.urlOf(url))));
    const applied = results.flatMap((result) => result.applied);
    expect(applied.length).toBeGreaterThan(0);
    expect(new Set(applied).size).toBe(applied.length);
    expect(await migrate(url)).toEqual({ applied: [] });
  });

  it('I5: a gateway behind it serves live events, resumes from far behind, and history, without a hole or a repeat', async () => {
    await migrate(url);
    const log = await openLog(url);
    const writer = await becomeWriter(log);
    for (const first of [1, 401]) await writer.append(newMessages(log, first, 400));
    const { gateway, broker, http, ws } = await openGateway(pooler.urlOf(url));
    keepNewestOnly(gateway.feed.ring, 800);

    // More at once than a process has connections.
    const positions = numbers(0, 12).map((index) => ({ term: writer.term, seq: 60 * index + 1 }));
    const clients = await Promise.all(positions.map((position) => connect(ws, position)));
    const walks = numbers(0, 12).map(() => walkHistory(http));
    await broker.publish((await writer.append(newMessages(log, 801, 10))).events);
    // No hint for these: the gateway reads them from the log.
    await writer.append(newMessages(log, 811, 10));

    for (const [index, client] of clients.entries()) {
      const missed = numbers(60 * index + 2, 819 - 60 * index);
      expect(client.hello).toMatchObject({ resumed: true, reason: null });
      expect(idsOf(await client.waitForEvents(missed.length))).toEqual(missed);
      expect(client.violations).toEqual([]);
    }
    for (const walk of walks) expect((await walk).slice(-800)).toEqual(numbers(1, 800).toReversed());

    // It was the pooler that all of this went through.
    await pooler.stop();
    await eventually(async () => {
      const health = healthSchema.parse(await (await fetch(`${http}/health`)).json());
      expect(health).toMatchObject({ status: 'degraded', checks: { database: { status: 'down' } } });
    });
  }, 60_000);

  it('I1, I2: a writer behind it is fenced as soon as another one took over', async () => {
    await migrate(url);
    const [first, second] = await Promise.all([openLog(pooler.urlOf(url)), openLog(pooler.urlOf(url))]);
    const old = await becomeWriter(first, 'first');
    await old.append(newMessages(first, 1, 3));
    expect(await second.acquire('second')).toBeNull();
    const direct = openDatabase(url, { poolSize: 1, applicationName: 'test' });
    await direct.query(`UPDATE head SET expires = now() - interval '1 second'`);
    await direct.close();
    const heir = await becomeWriter(second, 'second');

    await expect(old.append(newMessages(first, 4, 1))).rejects.toMatchObject({ code: 'FENCED' });
    await heir.append(newMessages(second, 5, 1));
    expect((await second.tail(10)).map(({ term, seq, messageId }) => [term, seq, messageId])).toEqual([
      [old.term, 1, '1'],
      [old.term, 2, '2'],
      [old.term, 3, '3'],
      [heir.term, 4, '5'],
    ]);
  });
});
