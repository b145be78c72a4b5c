import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { createTestApp } from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';
import { channelChange, deleteChange, GUILD_ID, messageChange, openRealLog, type RealLog } from './real-log.ts';

let real: RealLog;
let app: Express;
beforeAll(async () => {
  real = await openRealLog();
  const { log, writer } = real;
  const said = (id: string, content: string, editedAtMs: number | null) => ({
    ...messageChange(log, { id, content }),
    editedAtMs,
  });
  await writer.append([channelChange('10', GUILD_ID), said('1', 'one', null), said('2', 'secret', null)]);
  await writer.append([said('1', 'two', 1), said('1', 'three', 2), said('2', 'other', 1)]);
  await writer.append([deleteChange(log, '2')]);
  app = createTestApp({ log });
});
afterAll(() => real.stop());

describe('GET /messages/{id}/revisions', () => {
  it('answers what the message said, oldest first, the present last', async () => {
    const { body } = await request(app).get('/messages/1/revisions').expect(200);
    const revisions: readonly { readonly content: string; readonly revision: number }[] = body.revisions;
    expect(revisions.map(({ content, revision }) => [content, revision])).toEqual([
      ['one', 0],
      ['two', 1],
      ['three', 2],
    ]);
  });

  it('has nothing of a deleted message, nor of an unknown one', async () => {
    expectProblem(await request(app).get('/messages/2/revisions'), 410);
    expectProblem(await request(app).get('/messages/3/revisions'), 404);
    expectProblem(await request(app).get('/messages/1/revisions?limit=1'), 400);
  });
});
