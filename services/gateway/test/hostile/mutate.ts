import type { SeededRandom } from '@dms/test-kit';

/** A few bytes are flipped, doubled, dropped or cut off. */
export function mutate(bytes: Buffer, random: SeededRandom): Buffer {
  let mutated = Buffer.from(bytes);
  for (let count = random.integer(1, 4); count > 0 && mutated.length > 1; count -= 1) {
    const at = random.integer(0, mutated.length - 1);
    const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
    const kind = random.integer(0, 3);
    if (kind === 0) mutated = Buffer.concat([before, random.bytes(1), after.subarray(1)]);
    else if (kind === 1) mutated = Buffer.concat([before, random.bytes(random.integer(1, 9)), after]);
    else if (kind === 2) mutated = Buffer.concat([before, after.subarray(random.integer(1, 9))]);
    else mutated = Buffer.concat([before, after.subarray(0, 20), after]);
  }
  return mutated;
}
