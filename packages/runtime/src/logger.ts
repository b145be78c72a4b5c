import winston from 'winston';
import { type LogFields, plainFields } from './log-fields.ts';
import { jsonLine, LOG_LEVELS, type LogLevel, type LogRecord, readableLine } from './log-line.ts';

/** For the operator: a lower-case event phrase and its facts, one line each. Values under secret names (token, key, url, content
 *  …) are replaced, credentials inside other text are cut out. Logging never throws and never stops the process. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each line; on a clash the line's own field wins. */
  child(fields: LogFields): Logger;
}

export type LogFormat = 'json' | 'readable';

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** `json`: one object per line, for machines. `readable`: for people, coloured only on a terminal. */
  readonly format: LogFormat;
  /** Default: standard output. */
  readonly stream?: NodeJS.WritableStream;
}

const LEVEL_RANKS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Lines below `level` cost nothing but the call. */
export function createLogger(options: LoggerOptions): Logger {
  const { service, level, format, stream = process.stdout } = options;
  const hasColours = 'isTTY' in stream && stream.isTTY === true;
  const output = winston.createLogger({
    levels: LEVEL_RANKS,
    level,
    format: winston.format.printf((line) => String(line.message)),
    transports: [new winston.transports.Stream({ stream: surviving(stream) })],
  });
  const render = (record: LogRecord): string =>
    format === 'json' ? jsonLine(record) : readableLine(record, hasColours);

  const write = (lineLevel: LogLevel, event: string, fields: LogFields): void => {
    if (LEVEL_RANKS[lineLevel] > LEVEL_RANKS[level]) return;
    const plain = plainFields(fields, level === 'debug');
    output.log(lineLevel, render({ time: new Date(), level: lineLevel, service, event, fields: plain }));
  };
  return bindLogger(write, {});
}

type Write = (level: LogLevel, event: string, fields: LogFields) => void;

function bindLogger(write: Write, bound: LogFields): Logger {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) =>
      write(level, event, { ...bound, ...fields });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => bindLogger(write, { ...bound, ...fields }),
  };
}

const survivingStreams = new WeakSet<NodeJS.WritableStream>();

/** A closed pipe or a full disk behind standard output must not end the service. */
function surviving(stream: NodeJS.WritableStream): NodeJS.WritableStream {
  if (!survivingStreams.has(stream)) stream.on('error', () => {});
  survivingStreams.add(stream);
  return stream;
}

export { LOG_LEVELS, type LogFields, type LogLevel };
