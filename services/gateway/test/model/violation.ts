/** A promise of DESIGN §4 that the code under test broke. The message begins with the invariant's id. */
export class Violation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Violation';
  }
}

export function demand(isKept: boolean, message: () => string): asserts isKept {
  if (!isKept) throw new Violation(message());
}
