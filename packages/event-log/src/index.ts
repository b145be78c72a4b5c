export * from './change.ts';
export * from './errors.ts';
export * from './event-log.ts';
