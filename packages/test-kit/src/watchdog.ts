import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

// A shell that outlives us by a moment: its stdin ends when this process ends, however it ends (SIGKILL included), and then
// it kills and removes what is left. Exit hooks would miss crashes, and inside Jest `process.on('exit')` never fires.
const SCRIPT = `
trap '' INT TERM HUP
pids=
while read -r verb value; do
  case $verb in
    guard) pids="$pids $value" ;;
    release) kept=; for pid in $pids; do [ "$pid" = "$value" ] || kept="$kept $pid"; done; pids=$kept ;;
    remove) set -- "$@" "$value" ;;
  esac
done
for pid in $pids; do kill -s KILL -- "$pid" 2>/dev/null; done
[ $# -eq 0 ] && exit
rm -rf -- "$@" 2>/dev/null || { sleep 1; rm -rf -- "$@"; }
`;

let orders: Writable | null = null;

function send(order: string): void {
  orders ??= startWatchdog();
  orders.write(`${order}\n`);
}

function startWatchdog(): Writable {
  const shell = spawn('sh', ['-c', SCRIPT, 'test-kit-watchdog'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  shell.unref();
  // Without a shell (Windows) tests still run; only a crash may leave something behind.
  shell.on('error', () => {});
  // A test that ends must not fail because its watchdog was killed by somebody.
  shell.stdin.on('error', () => {});
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  return shell.stdin;
}

/** The process (a negative id names a group) is killed when this process ends, even by SIGKILL. Until `releaseProcess`. */
export function guardProcess(pid: number): void {
  send(`guard ${pid}`);
}

/** Call once the process has exited: its id may soon belong to somebody else. */
export function releaseProcess(pid: number): void {
  send(`release ${pid}`);
}

/** The directory is removed when this process ends. The path must not contain a line break. */
export function removeAtExit(directory: string): void {
  send(`remove ${directory}`);
}
