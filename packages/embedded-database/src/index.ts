export * from './errors.ts';
export * from './start.ts';
