import type { IdentifyBudget } from '../gateway/identify-budget.ts';
import type { Fields } from '../input.ts';
import type { Channel } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { RouteLimit } from './rate-limits.ts';

/** One authenticated request, taken apart. */
export interface RestRequest {
  readonly token: string;
  /** Host header: how this client reaches us. */
  readonly host: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON body; empty when there was none. */
  readonly body: Fields;
}

/** What the routes stand on. */
export interface RestContext {
  readonly world: World;
  readonly budget: IdentifyBudget;
  /** False while message contents are withheld from the application. */
  readonly hasContent: () => boolean;
  /** Counts one message whose content a fault stripped. */
  readonly onStripped: () => void;
  /** Counts one request that was refused because the channel is hidden. */
  readonly onHidden: (channel: Channel) => void;
}

/** A success: `body` undefined means 204. */
export interface RestAnswer {
  readonly status?: number;
  readonly body?: unknown;
}

export type RestHandler = (request: RestRequest, context: RestContext) => RestAnswer;

export interface Route {
  readonly method: string;
  /** Path under `/api/v10` with `:name` parameters. */
  readonly path: string;
  readonly limit: RouteLimit;
  readonly handle: RestHandler;
}

/** For routes whose real limit nobody meets in practice. */
export const GENEROUS: RouteLimit = { limit: 20, windowMs: 1000 };

/** The value of a path parameter that the route's template is sure to have. */
export function param(request: RestRequest, name: string): string {
  return request.params[name] ?? '';
}
