import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { PlaceCaps } from '@dms/broker';
import { type ConfigOf, commonSettings, masterApiKey } from '@dms/runtime';
import type { GatewaySettings } from './gateway.ts';

/** Long enough for a load balancer's next health check to see that a replica is not ready (CONTRACT §3). */
const DRAIN_NOTICE_MS = 1_500;
/** A client opens its new connection first, and on a busy machine that takes more than a moment. The longest drain stays below
 *  the 20 s of CONTRACT §3: notice 1.5 s + asking 10 s + this + closing 2 s. */
const MOVE_GRACE_MS = 5_000;

/** What the gateway itself reads; a process adds where its log and its broker are. */
export const gatewayConfig = {
  PORT: commonSettings.PORT,
  API_KEY: commonSettings.API_KEY,
  API_KEYS: commonSettings.API_KEYS,
  REQUIRE_API_KEY: commonSettings.REQUIRE_API_KEY,
  ALLOWED_ORIGINS: commonSettings.ALLOWED_ORIGINS,
  TRUST_PROXY: commonSettings.TRUST_PROXY,
  RATE_LIMIT_WINDOW_MS: commonSettings.RATE_LIMIT_WINDOW_MS,
  RATE_LIMIT_MAX_REQUESTS: commonSettings.RATE_LIMIT_MAX_REQUESTS,
  WS_MAX_CONNECTIONS: commonSettings.WS_MAX_CONNECTIONS,
  WS_MAX_CONNECTIONS_PER_IP: commonSettings.WS_MAX_CONNECTIONS_PER_IP,
  WS_MAX_CONNECTIONS_PER_REPLICA: commonSettings.WS_MAX_CONNECTIONS_PER_REPLICA,
  WS_MAX_CONNECTS_PER_IP: commonSettings.WS_MAX_CONNECTS_PER_IP,
  WS_MAX_CONNECTION_AGE_MS: commonSettings.WS_MAX_CONNECTION_AGE_MS,
  WS_HEARTBEAT_INTERVAL_MS: commonSettings.WS_HEARTBEAT_INTERVAL_MS,
  WS_COMPRESSION: commonSettings.WS_COMPRESSION,
};

export function gatewaySettings(config: ConfigOf<typeof gatewayConfig>): GatewaySettings {
  return {
    port: config.PORT,
    apiKeys: [...(config.API_KEY === undefined ? [] : [masterApiKey(config.API_KEY)]), ...config.API_KEYS],
    requireApiKey: config.REQUIRE_API_KEY,
    allowedOrigins: config.ALLOWED_ORIGINS,
    trustProxy: config.TRUST_PROXY,
    rateLimit: { windowMs: config.RATE_LIMIT_WINDOW_MS, maxRequests: config.RATE_LIMIT_MAX_REQUESTS },
    maxConnections: config.WS_MAX_CONNECTIONS,
    maxConnectionsPerAddress: config.WS_MAX_CONNECTIONS_PER_IP,
    maxConnectionsPerReplica: config.WS_MAX_CONNECTIONS_PER_REPLICA,
    maxConnectsPerAddress: config.WS_MAX_CONNECTS_PER_IP,
    maxConnectionAgeMs: config.WS_MAX_CONNECTION_AGE_MS,
    heartbeatIntervalMs: config.WS_HEARTBEAT_INTERVAL_MS,
    compresses: config.WS_COMPRESSION,
    drainNoticeMs: DRAIN_NOTICE_MS,
    moveGraceMs: MOVE_GRACE_MS,
  };
}

/** What the counts of this replica are opened with. */
export const placeCaps = (settings: GatewaySettings): PlaceCaps => ({
  perAddress: settings.maxConnectionsPerAddress,
  total: settings.maxConnections,
  perReplica: settings.maxConnectionsPerReplica,
});

/** Unlike that of any other process; begins with the host, which in containers is what Docker calls them. */
export const createReplicaId = (): string => `${hostname()}-${randomBytes(4).toString('hex')}`;
