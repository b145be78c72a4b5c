import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DispatchFrame,
  describeWith,
  eventually,
  everyText,
  followStream,
  infrastructure,
  type PostgresServer,
  type StreamFollower,
  startPostgres,
  temporaryDirectory,
} from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Door, startStandalone } from './support/deployment.ts';
import { endPrograms, exitCodeOf, PLANTED, runProgram, START_TIMEOUT_MS } from './support/programs.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';
import { replay } from './support/stream-view.ts';

const KEY = `${PLANTED}admin-key`;
const WORDS = `${PLANTED}words`;
const AUTHOR = `${PLANTED}author`;
const CHANNEL = 'general';
const OWN_MESSAGES = 40;
const LONG = { timeoutMs: 40_000, intervalMs: 200 };

const textsOf = (frames: readonly DispatchFrame[]): string => frames.map(({ text }) => text).join('\n');

describeWith(infrastructure.postgresProcess, 'an author who wants to be forgotten', () => {
  let simulator: Simulator;
  let postgres: PostgresServer;
  let databaseUrl: string;
  let door: Door;
  let client: StreamFollower;
  let userId: string;
  let reply: string;

  const post = (text: string, user = AUTHOR, reply_to?: string): Promise<string> =>
    simulator.act({ op: 'message', channel: CHANNEL, user, text, ...(reply_to !== undefined && { reply_to }) });
  const untilStored = (id: string, status = 200): Promise<void> =>
    eventually(async () => expect((await fetch(`${door.http}/messages/${id}`)).status).toBe(status), LONG);
  const cli = (...args: readonly string[]) => runProgram('cli', { DMS_API_KEY: KEY }, [...args, '--url', door.http]);
  const replayed = async (): Promise<readonly DispatchFrame[]> => replay(door.ws, client.events.at(-1)?.s ?? 0);

  beforeAll(async () => {
    const script = join(await temporaryDirectory(), 'script.ndjson');
    await writeFile(script, '{"community":"The Guild","channel":"general","user":"Ada","text":"first"}\n');
    simulator = await startSimulator({ script, rate: 0 });
    postgres = await startPostgres({ mustBeOwn: true, fsync: false });
    databaseUrl = await postgres.createDatabase();
    door = (await startStandalone(simulator.apiUrl, { DATABASE_URL: databaseUrl, API_KEY: KEY })).doors[0];
    await door.program.waitForLine(/discord session started/, START_TIMEOUT_MS);
    client = followStream([door.ws], { since: 'all' });
    const first = await post(`${WORDS} 0`);
    for (let index = 1; index < OWN_MESSAGES; index += 1) await post(`${WORDS} ${index}`);
    reply = await post('I agree', 'Ada', first);
    await simulator.act({ op: 'react', message: reply, user: AUTHOR, emoji: '🔥' });
    await client.waitFor((events) => events.at(-1)?.t === 'MESSAGE_REACTION_ADD', 40_000);
    const { author } = JSON.parse(await (await fetch(`${door.http}/messages/${first}`)).text());
    userId = String(author.id);
  }, 150_000);
  afterAll(async () => {
    await client?.stop();
    await endPrograms();
    await postgres?.stop();
  });

  it('is erased by `pnpm cli erase-user`, across a kill -9: from the database, from replays, and for who is connected', async () => {
    const before = await everyText(databaseUrl);
    expect([before.includes(WORDS), before.includes(AUTHOR)]).toEqual([true, true]);
    const erasing = await cli('erase-user', userId, '--yes');
    await erasing.waitForLine(/erasure 1 is recorded/, START_TIMEOUT_MS);
    await door.kill();
    await door.restart();
    expect(await exitCodeOf(erasing)).toBe(0);
    expect(erasing.stdout).toMatch(/erasure 1 is done since .*: 40 messages deleted, 1 of others redacted/s);

    const after = await everyText(databaseUrl);
    expect([after.includes(WORDS), after.includes(AUTHOR)]).toEqual([false, false]);
    await client.waitFor((events) => events.some(({ d }) => d.redacted === true), 40_000);
    const deletes = client.events.filter(({ t }) => t === 'MESSAGE_DELETE');
    expect(deletes.map(({ d }) => d.reason)).toEqual(Array.from({ length: OWN_MESSAGES }, () => 'erasure'));
    expect(client.violations).toEqual([]);
    const again = textsOf(await replayed());
    expect([again.includes(WORDS), again.includes(AUTHOR)]).toEqual([false, false]);
    const { referenced_message, reactions } = JSON.parse(await (await fetch(`${door.http}/messages/${reply}`)).text());
    expect([referenced_message, reactions[0].count]).toEqual([null, 1]);
  }, 150_000);

  it('writes again, is replayed from memory, and opts out: the gateway forgets what it held', async () => {
    const id = await post(`${WORDS} again`);
    const quote = await post('what?', 'Ada', id);
    await untilStored(quote);
    // What is stored is in the memory of the gateway a moment later.
    await client.waitFor((events) => events.some(({ d }) => d.id === quote), 40_000);
    expect(textsOf(await replayed())).toContain(WORDS);
    const leaving = await cli('opt-out', userId, '--yes');
    expect(await exitCodeOf(leaving)).toBe(0);
    expect(leaving.stdout).toMatch(
      /is opted out since .*erasure 2 is done .* 1 messages deleted, 1 of others redacted/s,
    );
    await untilStored(id, 410);
    const unwanted = await post(`${WORDS} and again`);
    await untilStored(await post('bye', 'Ada', unwanted));
    await untilStored(unwanted, 404);
    await client.waitFor((events) => events.at(-1)?.d.content === 'bye', 40_000);
    const [after, again] = [await everyText(databaseUrl), textsOf(await replayed())];
    expect([after.includes(WORDS), after.includes(AUTHOR)]).toEqual([false, false]);
    expect([again.includes(WORDS), again.includes(AUTHOR)]).toEqual([false, false]);

    const list = await cli('opt-out', '--list');
    expect(await exitCodeOf(list)).toBe(0);
    expect(list.stdout).toContain(`${userId}  since `);
    expect(await exitCodeOf(await cli('opt-out', '--remove', userId))).toBe(0);
    await untilStored(await post('back for good'));
  }, 150_000);
});
