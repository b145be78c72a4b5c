import type { TrustProxy } from '@dms/runtime';
import { type ClientAddress, createClientAddress } from './client-address.ts';
import { type Authorize, createAuthorize, type KeySettings } from './keys.ts';
import { createOriginPolicy, type IsAllowedOrigin } from './origin.ts';

/** Who may come in, decided the same way for REST, for HTTP streams and for WebSocket upgrades. Pure: nothing is counted. */
export interface Access {
  readonly authorize: Authorize;
  readonly isAllowedOrigin: IsAllowedOrigin;
  readonly clientAddress: ClientAddress;
}

export interface AccessSettings extends KeySettings {
  /** `ALLOWED_ORIGINS`, exact matches; `*` = any. */
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: TrustProxy;
}

export function createAccess(settings: AccessSettings): Access {
  return {
    authorize: createAuthorize(settings),
    isAllowedOrigin: createOriginPolicy(settings.allowedOrigins),
    clientAddress: createClientAddress(settings.trustProxy),
  };
}
