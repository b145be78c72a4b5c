import { describe, expect, it } from '@jest/globals';
import { SMALL_BOUNDS } from './code-under-test.ts';
import { DIRECTED_WALKS } from './directed-walks.ts';
import { mutate, useModelClock } from './mutant-walks.ts';
import { Violation } from './violation.ts';
import { takeDirectedWalk } from './walk.ts';

describe('narrow races of the delivery protocol', () => {
  useModelClock();

  it.each(DIRECTED_WALKS)('$name', async ({ name, directions, mutant, isBounded }) => {
    const bounds = isBounded ? SMALL_BOUNDS : [];
    const id = `directed-${DIRECTED_WALKS.findIndex((walk) => walk.name === name)}`;
    await takeDirectedWalk(directions, await mutate({}, id, bounds));
    // The same steps with the rule taken out: the race is really run, and really lost.
    await expect(takeDirectedWalk(directions, await mutate(mutant, `${id}-mutant`, bounds))).rejects.toThrow(Violation);
  });
});
