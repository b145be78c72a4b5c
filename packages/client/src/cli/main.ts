#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseEnv } from 'node:util';
import { createAdminApi } from './admin-api.ts';
import type { NewKey } from './api-key.ts';
import { runBench } from './bench/bench.ts';
import { type Command, parseCommand } from './command-line.ts';
import { createPaint } from './describe-event.ts';
import { type DoctorSettings, runDoctor } from './doctor/doctor.ts';
import { runExport } from './export/export.ts';
import { renderHelp } from './help.ts';
import { listKeys } from './list-keys.ts';
import { createOutput } from './output.ts';
import { runPrivacy } from './privacy.ts';
import type { PrivacyCommand } from './privacy-command.ts';
import { startTail } from './tail.ts';
import type { TailCommand } from './tail-command.ts';
import { UsageError } from './usage-error.ts';
import { VERSION } from './version.ts';

const EXIT_USAGE = 64;
/** The script's name in the workspace, that of the command where it is installed. */
const PROGRAM = basename(process.argv[1] ?? '') === 'main.ts' ? 'pnpm cli' : 'dms';

const paint = createPaint(process.stdout.isTTY === true && process.env.NO_COLOR === undefined);
const output = createOutput(process.stdout, process.stderr, paint);
const stopped = new AbortController();

// The reader of our output left, as `head` does.
process.stdout.on('error', () => process.exit(0));
try {
  process.exitCode = await run(parseCommand(process.argv.slice(2), { url: process.env.DMS_URL || undefined }));
} catch (error) {
  output.note(`${PROGRAM === 'dms' ? 'dms' : 'cli'}: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(error instanceof UsageError ? EXIT_USAGE : 1);
}

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help':
      process.stdout.write(renderHelp(command.text, PROGRAM, paint));
      return 0;
    case 'version':
      await output.line(VERSION);
      return 0;
    case 'key':
      return showKey(command.key);
    case 'list-keys':
      return showKeys();
    case 'tail':
      return tail(command);
    case 'export':
      return runExport(command, readKey(command.keyFile), output);
    case 'doctor':
      return runDoctor(command, doctorSettings(), output);
    case 'bench':
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
      return runBench(command, readKey(command.keyFile), output, stopped.signal);
    default:
      return privacy(command);
  }
}

async function showKey({ key, entry }: NewKey): Promise<number> {
  await output.line(`Key, shown only now:\n  ${key}\nEntry for the server's API_KEYS:\n  ${entry}`);
  return 0;
}

async function showKeys(): Promise<number> {
  const { lines, problems } = listKeys(setting('API_KEY'), setting('API_KEYS'));
  for (const line of lines) await output.line(line);
  if (lines.length === 0) output.note('no key is set: neither API_KEY nor API_KEYS is in the environment or in .env');
  for (const text of problems) output.note(text);
  return problems.length === 0 ? 0 : 1;
}

async function tail(command: TailCommand): Promise<number> {
  const running = startTail(command, readKey(command.keyFile), output);
  // A terminal's Ctrl-C arrives twice under pnpm, which forwards it: the second one finds nothing left to do.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leave(running.position));
  process.exit(await running.finished);
}

function privacy(command: PrivacyCommand): Promise<number> {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return runPrivacy(command, createAdminApi(command.url, readKey(command.keyFile)), {
    line: (text) => void output.line(text),
    note: output.note,
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
  if (position !== null) output.note(`go on with --since ${position}`);
  process.exit(0);
}

function readKey(file: string | undefined): string | null {
  return file === undefined ? process.env.DMS_API_KEY || null : readText('--key-file', file);
}

function readText(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${name} cannot be read: ${reason}`, { cause });
  }
}

function doctorSettings(): DoctorSettings {
  const listOf = (name: string): readonly string[] =>
    (setting(name) ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== '');
  return {
    token: setting('DISCORD_TOKEN'),
    guildIds: listOf('DISCORD_GUILD_ID'),
    channelIds: listOf('DISCORD_CHANNEL_ID'),
    apiUrl: setting('DISCORD_API_URL'),
    databaseUrl: setting('DATABASE_URL'),
    redisUrl: setting('REDIS_URL'),
  };
}

/** A variable of the streamer, as the streamer reads it: from the environment, else from .env, else from the file that
 *  `X_FILE` names. Empty counts as unset. */
function setting(name: string): string | undefined {
  const env: NodeJS.Dict<string> = {
    ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}),
    ...process.env,
  };
  const file = env[`${name}_FILE`];
  const value = env[name] || (file ? readText(`${name}_FILE`, file) : '');
  return value === '' ? undefined : value;
}
