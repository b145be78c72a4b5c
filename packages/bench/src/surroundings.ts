/** What a benchmark gets from `main.ts`. */
export interface Surroundings {
  /** Empty, and removed afterwards. */
  readonly directory: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Progress, for people. */
  say(text: string): void;
}
