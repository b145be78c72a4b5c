import { describe, expect, it } from '@jest/globals';
import { createReadPace } from '../src/read-pace.ts';

function startPace() {
  const said: string[] = [];
  const queue = { size: 0 };
  const socket = { pause: () => void said.push('pause'), resume: () => void said.push('resume') };
  const pace = createReadPace(queue, socket);
  const queued = (size: number): void => {
    queue.size = size;
    pace.queued();
  };
  const committed = (size: number): void => {
    queue.size = size;
    pace.committed();
  };
  return { said, pace, queued, committed };
}

describe('the pace of reading', () => {
  it('I9: pauses when three batches wait, and reads on when two are left', () => {
    const { said, queued, committed } = startPace();
    committed(0);
    queued(749);
    expect(said).toEqual([]);
    queued(750);
    queued(760);
    expect(said).toEqual(['pause']);
    committed(510);
    expect(said).toEqual(['pause']);
    committed(260);
    expect(said).toEqual(['pause', 'resume']);
  });

  it('does not pause while nothing is committed: then the queue takes what comes', () => {
    const { said, queued } = startPace();
    queued(10_000);
    expect(said).toEqual([]);
  });

  it('reads on when told to, once', () => {
    const { said, pace, queued, committed } = startPace();
    committed(0);
    queued(750);
    pace.release();
    pace.release();
    expect(said).toEqual(['pause', 'resume']);
  });
});
