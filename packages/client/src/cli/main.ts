#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { createAdminApi } from './admin-api.ts';
import type { NewKey } from './api-key.ts';
import { parseCommand, type TailCommand } from './command-line.ts';
import { runPrivacy } from './privacy.ts';
import type { PrivacyCommand } from './privacy-command.ts';
import { startTail, type TailOutput } from './tail.ts';
import { UsageError } from './usage-error.ts';

const EXIT_USAGE = 2;

const say = (text: string): void => void process.stdout.write(text);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);

const output: TailOutput = {
  isColoured: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  note: complain,
  line: (text) =>
    new Promise((resolve) => {
      if (process.stdout.write(`${text}\n`)) resolve();
      else process.stdout.once('drain', resolve);
    }),
};

try {
  const command = parseCommand(process.argv.slice(2));
  if (command.kind === 'help') say(command.text);
  else if (command.kind === 'key') showKey(command.key);
  else if (command.kind === 'tail') await tail(command);
  else process.exitCode = await privacy(command);
} catch (error) {
  complain(`cli: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(error instanceof UsageError ? EXIT_USAGE : 1);
}

function showKey({ key, entry }: NewKey): void {
  say(`Key, shown only now:\n  ${key}\nEntry for the server's API_KEYS:\n  ${entry}\n`);
}

async function tail(command: TailCommand): Promise<void> {
  const running = startTail(command, readKey(command.keyFile), output);
  // The reader of our output left, as `head` does.
  process.stdout.on('error', () => process.exit(0));
  // A terminal's Ctrl-C arrives twice under pnpm, which forwards it: the second one finds nothing left to do.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leave(running.position));
  process.exit(await running.finished);
}

function privacy(command: PrivacyCommand): Promise<number> {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return runPrivacy(command, createAdminApi(command.url, readKey(command.keyFile)), {
    line: (text) => say(`${text}\n`),
    note: complain,
    ask: isTerminal ? ask : null,
  });
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

function leave(position: string | null): void {
  if (position !== null) complain(`go on with --since ${position}`);
  process.exit(0);
}

function readKey(file: string | undefined): string | null {
  if (file === undefined) return process.env.DMS_API_KEY || null;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--key-file cannot be read: ${reason}`, { cause });
  }
}
