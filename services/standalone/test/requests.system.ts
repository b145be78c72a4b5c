import { followStream, openTestConnection, UpgradeRefusedError } from '@dms/test-kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Door, startStandalone } from './support/deployment.ts';
import { endPrograms } from './support/programs.ts';
import { startSimulator } from './support/simulator.ts';

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  errors: z.array(z.object({ parameter: z.string(), detail: z.string() })).optional(),
});

describe('what the running product answers to requests it cannot serve', () => {
  let door: Door;

  beforeAll(async () => {
    const simulator = await startSimulator({ rate: 20 });
    door = (await startStandalone(simulator.apiUrl)).doors[0];
  }, 90_000);
  afterAll(endPrograms);

  it.each([
    ['since=', 'since'],
    ['since=1', 'since'],
    ['since=:', 'since'],
    ['since=-1:5', 'since'],
    ['since=1:1e3', 'since'],
    ['since=99999999999999999:1', 'since'],
    ['since=yesterday', 'since'],
    ['since=01:1', 'since'],
    ['channel_id=general', 'channel_id'],
    ['channel_id=', 'channel_id'],
    ['author_id=1,,2', 'author_id'],
    ['author_id=18446744073709551616', 'author_id'],
    ['types=MESSAGE_SHOUT', 'types'],
    ['limit=5', 'limit'],
    ['since=latest&since=all', 'since'],
    ['api_key=x', 'api_key'],
  ])('/ws?%s is refused with 400 and the name %s', async (query, parameter) => {
    const refusal = await openTestConnection(`${door.ws}?${query}`).catch((error: unknown) => error);
    if (!(refusal instanceof UpgradeRefusedError)) throw new Error(`not refused: ${String(refusal)}`);
    expect(refusal.status).toBe(400);
    expect(refusal.headers['content-type']).toContain('application/problem+json');
    const problem = problemSchema.parse(JSON.parse(refusal.body));
    expect(problem.errors?.map((error) => error.parameter)).toContain(parameter);
    expect(refusal.body).not.toMatch(/\bat .+\.ts|SyntaxError|node_modules/);
  });

  it.each([
    ['/messages?limit=0', 400, 'limit'],
    ['/messages?limit=101', 400, 'limit'],
    ['/messages?before=soon', 400, 'before'],
    ['/messages?before=1&after=2', 400, 'after'],
    ['/messages?colour=blue', 400, 'colour'],
    ['/messages?author_id=me', 400, 'author_id'],
  ])('%s is refused with %d and the name %s', async (path, status, parameter) => {
    const answer = await fetch(`${door.http}${path}`);
    const problem = problemSchema.parse(await answer.json());
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(problem.errors?.map((error) => error.parameter)).toContain(parameter);
  });

  it.each([
    ['/ws', 426],
    ['/v1/ws', 426],
    ['/nowhere', 404],
    ['/messages/1', 404],
    ['/stats', 401],
  ])('a plain GET %s is answered with %d', async (path, status) => {
    const answer = await fetch(`${door.http}${path}`);
    const problem = problemSchema.parse(await answer.json());
    expect([answer.status, problem.status]).toEqual([status, status]);
    if (status === 426) expect(answer.headers.get('upgrade')).toBe('websocket');
  });

  it('I6: a position of another log is answered with a reset that says so, and the stream goes on', async () => {
    const connection = await openTestConnection(door.ws, { since: '1:999999999' });
    expect(connection.hello).toMatchObject({ resumed: false, reason: 'diverged' });
    await connection.waitForEvents(1);
    await connection.close();
  });

  it('none of this disturbs the others', async () => {
    const reader = followStream([door.ws], { since: 'all' });
    await reader.waitForEvents(10);
    expect(reader).toMatchObject({ violations: [], connectionCount: 1 });
    await reader.stop();
    expect(door.program.hasExited).toBe(false);
  });
});
