import { CommandError, parseCommand, USAGE } from './command-line.ts';
import { InputError } from './input.ts';
import { startDiscordSimulator } from './start-discord-simulator.ts';

/** sysexits.h EX_CONFIG: the command or its script is wrong, and starting again will not help. */
const EXIT_CONFIG = 78;

await main();

async function main(): Promise<void> {
  try {
    const command = parseCommand(process.argv.slice(2), process.env);
    if (command.kind === 'help') {
      process.stdout.write(USAGE);
      return;
    }
    // Before anything slow: the first process of a container is deaf to a signal that it does not handle. Not once: pnpm
    // passes on what the terminal has already sent to all.
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
    });
    const simulator = await startDiscordSimulator(command.options);
    process.stdout.write(
      [
        `Discord simulator ready: DISCORD_API_URL=${simulator.apiUrl}`,
        `Any well-formed token works, for example DISCORD_TOKEN=simulated.bot.token`,
        `Control: ${simulator.controlUrl}`,
        '',
      ].join('\n'),
    );
    await stopped;
    await simulator.close();
  } catch (error) {
    process.stderr.write(`simulator: ${explain(error)}\n`);
    process.exitCode = isConfig(error) ? EXIT_CONFIG : 1;
  }
}

function isConfig(error: unknown): boolean {
  return error instanceof CommandError || error instanceof InputError || error instanceof RangeError;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') return 'the port is already in use; choose another with --port';
  if ('code' in error && error.code === 'EACCES')
    return 'listening on this port is not permitted; choose another with --port';
  return isConfig(error) ? error.message : (error.stack ?? error.message);
}
