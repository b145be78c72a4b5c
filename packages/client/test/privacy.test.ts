import type { Erasure, OptOut } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import { type AdminApi, AdminApiError } from '../src/cli/admin-api.ts';
import { runPrivacy } from '../src/cli/privacy.ts';

const erasure = (state: Erasure['state'], messages: number): Erasure => ({
  ...{ id: '3', user_id: '5', state, requested_at: '2026-11-24T10:00:00.000Z' },
  ...{
    done_at: state === 'done' ? '2026-11-24T10:00:01.000Z' : null,
    messages,
    redactions: 1,
    dead_letters: 0,
    detail: '',
  },
});
const optOut = (userId: string): OptOut => ({
  ...{ user_id: userId, opted_out_at: '2026-11-24T10:00:00.000Z', erasure: erasure('done', 2), detail: '' },
});

/** A server that answers each question about the erasure with the next of these. */
function setUp(answers: readonly (Erasure | AdminApiError)[] = [], typed: string | null = null) {
  const lines: string[] = [];
  const notes: string[] = [];
  const asked: string[] = [];
  let next = 0;
  const api: AdminApi = {
    async requestErasure(userId) {
      asked.push(`erase ${userId}`);
      return erasure('pending', 0);
    },
    async erasure() {
      const answer = answers[next++];
      if (answer === undefined || answer instanceof AdminApiError) throw answer ?? new Error('asked too often');
      return answer;
    },
    async optOut(userId) {
      asked.push(`opt out ${userId}`);
      return optOut(userId);
    },
    optIn: async (userId) => void asked.push(`opt in ${userId}`),
    optOuts: async (afterId) =>
      afterId === '0' ? { opt_outs: [optOut('5')], has_more: true } : { opt_outs: [optOut('6')], has_more: false },
  };
  const ask = typed === null ? null : async () => typed;
  return {
    api,
    output: { line: (text: string) => lines.push(text), note: (text: string) => notes.push(text), ask },
    lines,
    notes,
    asked,
  };
}

const server = { url: 'http://localhost', keyFile: undefined };
const ERASE = { kind: 'erase-user', userId: '5', isConfirmed: true, ...server } as const;

describe('erase-user and opt-out', () => {
  it('waits until the erasure is done, also across an answer that fails, and prints the counts', async () => {
    const away = new AdminApiError('no answer from localhost (ECONNREFUSED)', true);
    const run = setUp([erasure('pending', 1), away, erasure('done', 2)]);
    expect(await runPrivacy(ERASE, run.api, run.output)).toBe(0);
    expect(run.lines).toEqual([
      'erasure 3 is done since 2026-11-24T10:00:01.000Z: 2 messages deleted, 1 of others redacted, 0 refused changes removed',
    ]);
    expect(run.notes.join('\n')).toMatch(/erasure 3 is recorded.*1 messages deleted.*ECONNREFUSED\); trying again/s);
  });

  it('gives up at once on an answer that will not change', async () => {
    const run = setUp([new AdminApiError('The key is not known here, or no longer.', false)]);
    await expect(runPrivacy(ERASE, run.api, run.output)).rejects.toThrow('The key is not known');
  });

  it('asks before it changes anything, and takes only yes for yes', async () => {
    const unsure = setUp([], 'y');
    expect(await runPrivacy({ ...ERASE, isConfirmed: false }, unsure.api, unsure.output)).toBe(1);
    expect([unsure.asked, unsure.notes]).toEqual([[], ['nothing was changed']]);
    const sure = setUp([], 'yes');
    expect(await runPrivacy({ ...ERASE, kind: 'opt-out', isConfirmed: false }, sure.api, sure.output)).toBe(0);
    expect(sure.asked).toEqual(['opt out 5']);
    expect(sure.lines[0]).toContain('nothing is stored from then on');
  });

  it('lists every page, and opts in again', async () => {
    const run = setUp();
    await runPrivacy({ kind: 'list-opt-outs', ...server }, run.api, run.output);
    expect(run.lines.map((line) => line.slice(0, 9))).toEqual(['5  since ', '6  since ']);
    await runPrivacy({ kind: 'opt-in', userId: '5', ...server }, run.api, run.output);
    expect(run.asked).toEqual(['opt in 5']);
  });
});
