import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  describeWith,
  eventually,
  everyText,
  execute,
  openTestConnection,
  type SpawnedProcess,
  spawnProcess,
  temporaryDirectory,
} from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Cluster, clusterNeeds, type Door, startCluster, startStandalone } from './support/deployment.ts';
import { endPrograms, outputOf, PLANTED, runProgram, START_TIMEOUT_MS, TOKEN } from './support/programs.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';

const KEY = `${PLANTED}api-key`;
const WRONG_KEY = `${PLANTED}wrong-key`;
const PASSWORD = `${PLANTED}password`;
const CHANNEL = 'general';
const DEBUG = { LOG_LEVEL: 'debug', API_KEY: KEY };
const LONG = { timeoutMs: 40_000, intervalMs: 200 };
/** What was written before is history, which nobody asked for. */
const LISTENING = /discord session started/;

/** Everything a person can put into a server. */
async function say(simulator: Simulator, round: string): Promise<string> {
  const id = await simulator.act({
    ...{ op: 'message', channel: CHANNEL, user: `${PLANTED}author` },
    text: `${PLANTED}text ${round} https://cdn.discordapp.com/a.png?ex=1&is=2&hm=${PLANTED}signature`,
    embeds: [{ title: `${PLANTED}embed`, description: `${PLANTED}description` }],
    attachments: [{ filename: `${PLANTED}file.png`, description: `${PLANTED}alt` }],
  });
  await simulator.act({ op: 'react', message: id, user: `${PLANTED}reader`, emoji: '🔥' });
  await simulator.act({ op: 'message', channel: CHANNEL, user: 'Ada', text: `${PLANTED}reply`, reply_to: id });
  await simulator.edit(id, `${PLANTED}edited ${round}`);
  return id;
}

/** Requests with secrets and nonsense wherever a request can carry them. */
async function pester({ http, ws }: Door): Promise<void> {
  const statuses = await Promise.all(
    [
      fetch(`${http}/messages?api_key=${WRONG_KEY}`),
      fetch(`${http}/messages?before=${PLANTED}value`),
      fetch(`${http}/stats`, { headers: { Authorization: `Bearer ${WRONG_KEY}` } }),
      fetch(`${http}/admin/opt-outs`, { headers: { 'X-API-Key': WRONG_KEY } }),
      fetch(`${http}/admin/erasures?user_id=1`, { method: 'POST', headers: { Authorization: `Basic ${WRONG_KEY}` } }),
      fetch(`${http}/nowhere`, { method: 'POST', body: `${PLANTED}body` }),
      fetch(`${http}/stats`, { headers: { Authorization: `Bearer ${KEY}`, Cookie: `${PLANTED}cookie` } }),
    ].map(async (answer) => (await answer).status),
  );
  expect(statuses).toEqual([400, 400, 401, 401, 401, 404, 200]);
  const refused = await openTestConnection(ws, { protocols: ['dms.v1', `bearer.${WRONG_KEY}`] }).catch(String);
  expect(refused).toContain('401');
  const connection = await openTestConnection(ws, { protocols: ['dms.v1', `bearer.${KEY}`] });
  connection.send(`{"op":1,"${PLANTED}`);
  expect((await connection.closed).code).toBe(4002);
}

const untilStored = ({ http }: Door, id: string): Promise<void> =>
  eventually(async () => expect((await fetch(`${http}/messages/${id}`)).status).toBe(200), LONG);

/** Signatures of attached files, which nobody planted. */
async function signaturesIn({ http }: Door): Promise<readonly string[]> {
  const text = await (await fetch(`${http}/messages`)).text();
  return [...text.matchAll(/[?&]hm=([0-9a-f]{16,})/g)].map(([, signature = '']) => signature);
}

function expectSilence(programs: readonly SpawnedProcess[], signatures: readonly string[]): void {
  expect(programs.flatMap(({ forbiddenLines }) => forbiddenLines)).toEqual([]);
  const printed = programs.map(outputOf).join('\n');
  expect(signatures.length).toBeGreaterThan(0);
  for (const secret of [PLANTED, TOKEN, PASSWORD, ...signatures]) expect(printed).not.toContain(secret);
}

async function startScriptedSimulator(): Promise<Simulator> {
  const script = join(await temporaryDirectory(), 'script.ndjson');
  await writeFile(script, '{"community":"The Guild","channel":"general","user":"Ada","text":"first"}\n');
  return startSimulator({ script, rate: 0 });
}

it('what is printed is seen, on either stream, however much comes after it', async () => {
  const code = `console.log('${PLANTED}out'); console.error('a ${PLANTED.toUpperCase()}err'); for (let i = 0; i < 3000; i += 1) console.log(i)`;
  const program = await spawnProcess(process.execPath, ['-e', code], { forbidden: new RegExp(PLANTED, 'i') });
  await program.exited;
  expect([...program.forbiddenLines].sort()).toEqual([`a ${PLANTED.toUpperCase()}err`, `${PLANTED}out`]);
  expect(program.stdout).not.toContain(PLANTED);
});

describeWith(clusterNeeds, 'a cluster that logs everything, with everything that can go wrong', () => {
  let simulator: Simulator;
  let cluster: Cluster;
  beforeAll(async () => {
    simulator = await startScriptedSimulator();
    cluster = await startCluster(
      simulator.apiUrl,
      { ingesters: 1, gateways: 1 },
      { env: { ...DEBUG, ENVIRONMENT: 'production' }, password: PASSWORD },
    );
  }, 120_000);
  afterAll(async () => {
    await endPrograms();
    await cluster?.stop();
  });

  it('prints nothing of what people wrote, and no key, token, password or signature', async () => {
    const [door] = cluster.doors;
    const [ingester] = cluster.ingesters();
    if (ingester === undefined) throw new Error('there is no ingester');
    await ingester.waitForLine(LISTENING, START_TIMEOUT_MS);
    await untilStored(door, await say(simulator, 'one'));
    await pester(door);
    const signatures = await signaturesIn(door);

    // The database refuses a message, and quotes the row in its error.
    await execute(cluster.databaseUrl, `ALTER TABLE message ADD CONSTRAINT poison CHECK (payload NOT LIKE '%poison%')`);
    await say(simulator, 'poison');
    await ingester.waitForLine(/changes refused by the database were put aside/, START_TIMEOUT_MS);
    expect(await everyText(cluster.databaseUrl)).toContain(`${PLANTED}text poison`);

    // It goes away under requests and commits, and comes back; so does Redis.
    await cluster.postgres.kill('SIGKILL');
    await say(simulator, 'two');
    await ingester.waitForLine(/writer lost|log cannot be reached/, START_TIMEOUT_MS);
    expect((await fetch(`${door.http}/messages?author_id=1`)).status).toBe(503);
    await door.program.waitForLine(/request failed/, START_TIMEOUT_MS);
    await cluster.redis.kill('SIGKILL');
    await cluster.postgres.restart();
    await cluster.redis.restart();
    await untilStored(door, await say(simulator, 'three'));

    // Discord forgets the session, and its history answers with errors.
    const fault = await simulator.addFault({ kind: 'rest', status: 500, path: '/messages', times: 3 });
    await simulator.addFault({ kind: 'expire_session' });
    await untilStored(door, await say(simulator, 'four'));
    await ingester.waitForLine(/gap opened/, START_TIMEOUT_MS);
    await eventually(async () => expect(await simulator.fired(fault)).toBe(3), LONG);

    expectSilence([ingester, door.program], signatures);
  }, 240_000);

  it('nor while it waits for servers that refuse it', async () => {
    const { databaseUrl, redis } = cluster;
    const wrongRedis = redis.url.replace('//', `//default:${PLANTED}other-password@`);
    const gateway = await runProgram('gateway', {
      ...DEBUG,
      PORT: '0',
      DATABASE_URL: databaseUrl,
      REDIS_URL: wrongRedis,
    });
    const noDatabase = `postgresql://postgres:${PASSWORD}@127.0.0.1:9/postgres`;
    const waiting = await runProgram('gateway', {
      ...DEBUG,
      PORT: '0',
      DATABASE_URL: noDatabase,
      REDIS_URL: 'memory:',
    });
    const wrong = await runProgram('gateway', {
      ...{
        DATABASE_URL: `${PLANTED}url`,
        REDIS_URL: `${PLANTED}url`,
        API_KEYS: `${PLANTED}entry`,
      },
    });
    await gateway.waitForLine(/listening/, START_TIMEOUT_MS);
    await waiting.waitForLine(/waiting for database/, START_TIMEOUT_MS);
    expect((await wrong.exited).code).toBe(78);
    expect([gateway, waiting, wrong].flatMap(({ forbiddenLines }) => forbiddenLines)).toEqual([]);
  }, 120_000);
});

it('a standalone that logs everything prints nothing of it either', async () => {
  const simulator = await startScriptedSimulator();
  const [door] = (await startStandalone(simulator.apiUrl, DEBUG)).doors;
  await door.program.waitForLine(LISTENING, START_TIMEOUT_MS);
  await untilStored(door, await say(simulator, 'one'));
  await pester(door);
  await simulator.addFault({ kind: 'rest', status: 500, path: '/messages', times: 1 });
  await simulator.addFault({ kind: 'expire_session' });
  await untilStored(door, await say(simulator, 'two'));
  await door.program.waitForLine(/gap opened/, START_TIMEOUT_MS);
  const signatures = await signaturesIn(door);
  door.program.kill('SIGTERM');
  expect((await door.program.exited).code).toBe(0);
  expectSilence([door.program], signatures);
  await endPrograms();
}, 180_000);
