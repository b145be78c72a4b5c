import { openSharedCounts } from '@dms/broker';
import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { createLocalWindows } from '../src/local-windows.ts';
import { describeCountsContract } from './counts-contract.ts';

checkLeaks();

describeCountsContract('memory', async (caps) => openSharedCounts('memory:', { replicaId: 'alone', caps }));

describe('windows of one process', () => {
  it('I9: are forgotten when they are over, and the first of them when there are too many', () => {
    const windows = createLocalWindows(3);
    for (const key of ['a', 'b', 'c']) windows.hit(key, 1_000, 0);
    windows.hit('d', 1_000, 10);
    expect(windows.size).toBe(3);
    expect(windows.hit('b', 1_000, 20).hits).toBe(2);
    expect(windows.hit('a', 1_000, 20).hits).toBe(1);
    windows.hit('e', 1_000, 5_000);
    expect(windows.size).toBe(1);
  });
});
