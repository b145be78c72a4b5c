import type { Command } from '../command-line.ts';

export type FanOutCommand = Extract<Command, { name: 'fanout' }>;
