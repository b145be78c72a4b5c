import { z } from 'zod';
import { apiKeysSchema } from './api-keys.ts';
import { LOG_LEVELS } from './log-line.ts';
import { setting } from './setting.ts';
import * as text from './setting-schemas.ts';

const DAY_MS = 86_400_000;
const httpUrlText = text.urlText(['http:', 'https:'], 'must be an http:// or https:// URL');

/** Every variable of the contract, defined once. A service picks what it reads, with `optional` or `withDefault` where it
 *  differs. Those without a default are required. */
export const commonSettings = {
  DISCORD_TOKEN: setting(text.discordTokenText, {
    description: 'Token of the bot, from the Discord developer portal.',
    isSecret: true,
  }),
  DISCORD_GUILD_ID: setting(text.idListText, {
    description: 'Servers to mirror, comma-separated ids. Empty: all the bot is in.',
    default: '',
    example: '81384788765712384',
  }),
  DISCORD_CHANNEL_ID: setting(text.idListText, {
    description: 'Channels to mirror (with their threads), comma-separated ids. Empty: all the bot can see.',
    default: '',
    example: '81384788765712384',
  }),
  DISCORD_API_URL: setting(httpUrlText, {
    description: "Where Discord's API is; the simulator's address in tests.",
    default: 'https://discord.com/api',
  }),
  SIMULATOR_API_URL: setting(httpUrlText.optional(), {
    description: "Where the simulator's API is, used while there is no DISCORD_TOKEN (demo).",
    example: 'http://127.0.0.1:4590/api',
  }),
  DATABASE_URL: setting(
    text.urlText(['postgres:', 'postgresql:'], 'must be postgresql://user:password@host:port/database'),
    {
      description: 'PostgreSQL that holds the log and the messages.',
      isSecret: true,
      example: 'postgresql://streamer:change-me@127.0.0.1:5432/streamer',
    },
  ),
  // Its grammar is the broker's: services add it with `withCheck`.
  REDIS_URL: setting(z.string(), {
    description:
      'Redis that carries hints between processes and counts for the limits: `redis://host`, `redis-sentinel://host,host/master-name`, `redis-cluster://host,host`, each with `rediss` for TLS, or `memory:` within one process.',
    isSecret: true,
    example: 'redis://127.0.0.1:6379',
  }),
  API_KEY: setting(text.apiKeyText.optional(), {
    description: 'One key with every scope.',
    isSecret: true,
  }),
  API_KEYS: setting(apiKeysSchema, {
    description:
      'Keys as `name:sha256hex[:scope+scope[:channel+channel]]`, comma-separated; scopes are read (default), stats, admin.',
    isSecret: true,
    default: '',
  }),
  REQUIRE_API_KEY: setting(text.booleanText, {
    description: 'Whether reading needs a key. Statistics and administration always do.',
    default: 'false',
  }),
  ALLOWED_ORIGINS: setting(text.originListText, {
    description: 'Browser origins of other sites that may connect, comma-separated and exact; `*` allows every site.',
    default: '',
    example: 'https://example.com',
  }),
  ENVIRONMENT: setting(z.enum(['development', 'production'], 'must be development or production'), {
    description: '`production` logs JSON; `development` logs readable lines.',
    default: 'development',
  }),
  LOG_LEVEL: setting(z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`), {
    description: '`error`, `warn`, `info` or `debug`.',
    default: 'info',
  }),
  PORT: setting(text.integerText(0, 65_535), {
    description: 'TCP port to listen on; 0 chooses a free one.',
    default: '3000',
  }),
  METRICS_PORT: setting(text.integerText(0, 65_535).optional(), {
    description:
      'TCP port of `/metrics`, `/health/live` and `/health/ready`, for operators only; 0 chooses a free one. Empty: none.',
    example: '9464',
  }),
  TRUST_PROXY: setting(text.trustProxyText, {
    description: 'Whose X-Forwarded-For to believe: `none`, the number of proxies in front, or their CIDRs.',
    default: 'none',
  }),
  RATE_LIMIT_WINDOW_MS: setting(text.integerText(1_000, DAY_MS, 'milliseconds'), {
    description: 'Length of the request-limit window in milliseconds.',
    default: '60000',
  }),
  RATE_LIMIT_MAX_REQUESTS: setting(text.integerText(0, 1_000_000_000), {
    description: 'Requests per address and window, of all replicas together; 0 = no limit.',
    default: '600',
  }),
  WS_MAX_CONNECTIONS: setting(text.integerText(1, 10_000_000), {
    description: 'Open streams of all replicas together.',
    default: '100000',
  }),
  WS_MAX_CONNECTIONS_PER_IP: setting(text.integerText(0, 1_000_000), {
    description: 'Open streams per address, of all replicas together; 0 = no limit of its own.',
    default: '1000',
  }),
  WS_MAX_CONNECTIONS_PER_REPLICA: setting(text.integerText(1, 1_000_000), {
    description: 'Open streams of one replica.',
    default: '10000',
  }),
  WS_MAX_CONNECTS_PER_IP: setting(text.integerText(0, 1_000_000_000), {
    description: 'Attempts to open a WebSocket per address and request-limit window; 0 = no limit.',
    default: '6000',
  }),
  WS_MAX_CONNECTION_AGE_MS: setting(text.integerText(0, 30 * DAY_MS, 'milliseconds'), {
    description:
      'How long a stream stays before its client is asked to reconnect, so that new replicas get their share, in milliseconds, at random up to a fifth less; 0 = for ever.',
    default: '0',
    example: '3600000',
  }),
  WS_HEARTBEAT_INTERVAL_MS: setting(text.integerText(1_000, 600_000, 'milliseconds'), {
    description: 'How often the server pings a WebSocket, in milliseconds.',
    default: '25000',
  }),
  WS_COMPRESSION: setting(text.booleanText, {
    description:
      'Whether WebSocket clients that offer permessage-deflate get their events compressed, once for all of a filter.',
    default: 'false',
  }),
  EVENT_RETENTION_HOURS: setting(text.integerText(1, 87_600, 'hours'), {
    description: 'How long events can be replayed, in hours. Messages stay.',
    default: '168',
  }),
  MESSAGE_RETENTION_DAYS: setting(text.integerText(0, 36_500, 'days'), {
    description: 'How long messages are kept, in days; older ones are deleted and not stored again. 0 = for ever.',
    default: '0',
  }),
  KEEP_REVISIONS: setting(text.booleanText, {
    description: 'Whether to keep what messages said before they were edited. A delete removes that too.',
    default: 'true',
  }),
  RECONCILE_MESSAGES: setting(text.integerText(0, 100_000, 'messages'), {
    description:
      'After a gap, how many stored messages of each channel are compared with Discord for missed edits and deletes, at most seven days back; 0 = none.',
    default: '500',
  }),
  BACKFILL_DAYS: setting(text.daysText, {
    description:
      'How many days of older history are imported, newest first, once the connection is up; `all` = everything, 0 = nothing. Raised later, it goes on.',
    default: '0',
    example: '30',
  }),
  SIMULATOR_SCRIPT: setting(z.string().optional(), {
    description: 'NDJSON file the simulator plays once; without one it makes up a conversation.',
    example: './script.ndjson',
  }),
  SIMULATOR_RATE: setting(text.numberText(0, 100_000, 'messages per second'), {
    description: 'Messages per second of the simulator; 0 = as fast as they are read.',
    default: '1',
  }),
  DATA_DIR: setting(z.string(), {
    description: 'Where the embedded database keeps its files.',
    default: './data',
  }),
};
