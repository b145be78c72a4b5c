/** Cannot be repaired by trying again; the sentence says what to do. */
export class DiscordRefusedError extends Error {
  readonly code = 'DISCORD_REFUSED';
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'DiscordRefusedError';
  }
}

const PORTAL = 'https://discord.com/developers/applications';

/** What to do when Discord does not know the token. */
export const TOKEN_REFUSED = `Discord refuses the bot token: copy a fresh one from ${PORTAL} → your application → Bot → Reset Token into DISCORD_TOKEN.`;

const FATAL_CLOSES: Readonly<Record<number, string>> = {
  4004: TOKEN_REFUSED,
  4010: 'Discord refuses the shard: update this service, which connects with a single one.',
  4011: 'This bot is in too many servers for a single connection (Discord requires sharding above 2,500): remove it from some.',
  4012: 'Discord no longer accepts this gateway version: update this service.',
  4013: 'Discord refuses the requested intents as invalid: update this service.',
  4014: `Message Content Intent is off: switch it on at ${PORTAL} → your application → Bot → Privileged Gateway Intents → Message Content Intent.`,
};

/** What to do about a close code after which Discord will not have us back; null for every other one.
 *  https://discord.com/developers/docs/topics/opcodes-and-status-codes */
export function refusalOf(closeCode: number): string | null {
  return FATAL_CLOSES[closeCode] ?? null;
}
