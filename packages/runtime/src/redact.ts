const REDACTED = '[redacted]';

// Compared without case and punctuation, at the end of a name: `DISCORD_TOKEN`, `apiKey` and `resume_gateway_url` all match.
const SECRET_NAME =
  /(token|secret|password|passphrase|authorization|cookie|credentials?|key|dsn|url|uri|querystring|content|payload|body)s?$/;

const CREDENTIALS_IN_URL = /\b([a-z][a-z\d+.-]*:\/\/)[^\s/@]*@/gi;
const AUTHORIZATION_VALUE = /\b(Bot|Bearer|Basic) [\w.~+/-]{16,}=*/gi;
const DISCORD_TOKEN = /\b[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,}/g;

/** True for a field whose value is never logged, whatever it holds: secrets, addresses with secrets, and message content. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replaceAll(/[^a-z\d]/g, ''));
}

/** The stand-in for a secret value; says only whether there was one. */
export function redact(value: unknown): unknown {
  // Numbers and booleans under such a name are counts and flags.
  return typeof value === 'string' || (typeof value === 'object' && value !== null) ? REDACTED : value;
}

/** Removes what looks like a credential from free text, such as the message of somebody else's error. Best effort. */
export function scrub(text: string): string {
  return text
    .replaceAll(CREDENTIALS_IN_URL, `$1${REDACTED}@`)
    .replaceAll(AUTHORIZATION_VALUE, `$1 ${REDACTED}`)
    .replaceAll(DISCORD_TOKEN, REDACTED);
}
