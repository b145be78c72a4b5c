export * from './broker.ts';
export * from './broker-errors.ts';
export { brokerUrlProblem } from './broker-url.ts';
export * from './event-codec.ts';
export * from './open-broker.ts';
export * from './open-page-cache.ts';
export * from './open-shared-counts.ts';
export type { PageCache } from './page-cache.ts';
export * from './shared-counts.ts';
