// The words of the wire without the checks: nothing here needs a library, so that the SDK can carry it.
export * from './close-codes.ts';
export * from './events.ts';
export * from './limits.ts';
export * from './message.ts';
export * from './opcode.ts';
export * from './position.ts';
export * from './problem.ts';
