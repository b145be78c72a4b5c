/** Decides which tokens are good, and forgets those that Discord would have reset. */
export interface Tokens {
  readonly isValid: (token: string) => boolean;
  /** What Discord does to a token whose bot identifies more often than allowed. */
  readonly reset: (token: string) => void;
}

/** Accepts `only`, or every well-formed token: three non-empty parts of base64url characters joined by dots. */
export function createTokens(only: string | undefined): Tokens {
  const dead = new Set<string>();
  return {
    isValid: (token) =>
      !dead.has(token) && (only === undefined ? /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) : token === only),
    reset: (token) => dead.add(token),
  };
}
