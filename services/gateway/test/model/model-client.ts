import {
  createFilter,
  type Filter,
  type FilterInput,
  isSamePosition,
  matchesFilter,
  type Position,
  type Since,
} from '@dms/protocol';
import { type ClientView, readFrame } from './client-frames.ts';
import { type Committed, type History, isBlank } from './history.ts';
import { demand } from './violation.ts';

/** One stretch of the log that a client received through one filter. */
export interface Stretch {
  readonly filter: Filter;
  /** The position after which the filter applied. */
  readonly after: Position;
  readonly events: { readonly position: Position; readonly payload: string }[];
}

/** A client with the SDK's habits: it stores the position of every frame it handled and resumes with it. Every frame it gets
 *  is checked against what was committed. */
export interface ModelClient {
  readonly name: string;
  readonly position: Position | null;
  /** What it received since it began or was told to begin anew, oldest first. */
  readonly stretches: readonly Stretch[];
  readonly filter: Filter;
  /** How to connect now; `whenNew` is where it begins without a position. */
  connect(whenNew: Since): Since;
  /** The log changed while HELLO was awaited: whether the asked position was lost is looked at again. */
  logChanged(): void;
  /** Asks for another filter, after HELLO; the text to send. The filter of the frames changes when the server says so. */
  wantFilter(input: FilterInput): string;
  receive(text: string): ClientView;
}

const show = ({ term, seq }: Position): string => `${term}:${seq}`;

export interface ClientOptions {
  readonly name: string;
  readonly filter: FilterInput;
  readonly history: History;
  /** False in the mutant whose HELLO names no position: the client has one only after its first event. */
  readonly isHelloStored: boolean;
}

export function createModelClient({ name, filter, history, isHelloStored }: ClientOptions): ModelClient {
  /** Everything up to here was received or renounced. */
  let position: Position | null = null;
  /** What it would resume with. */
  let stored: Position | null = null;
  let wanted = filter;
  /** Filters asked for and not yet confirmed, in the order of the confirmations. */
  let switches: FilterInput[] = [];
  let stretches: Stretch[] = [];
  let asked: Position | null = null;
  /** The reasons that have been true of the asked position since it was asked. */
  let lost = new Set<string>();

  const current = (): Stretch => {
    const stretch = stretches.at(-1);
    if (stretch === undefined) throw new Error(`${name} received a frame before HELLO`);
    return stretch;
  };

  const begin = (after: Position, input: FilterInput): void => {
    stretches.push({ filter: createFilter(input), after, events: [] });
  };

  /** I5: exactly the log between two positions, through the filter in force. */
  const advance = (to: Position, isEvent: boolean): Committed | null => {
    const from = position ?? current().after;
    const path = history.between(from, to);
    demand(path !== null, () => `I5: ${name} at ${show(from)} was led to ${show(to)}, which does not follow`);
    demand(path.length > 0 || !isEvent, () => `I5: ${name} at ${show(from)} received ${show(to)} again`);
    const arrived = isEvent ? (path.at(-1) ?? null) : null;
    const skipped = path.find((passed) => passed !== arrived && matchesFilter(current().filter, passed.event));
    demand(
      skipped === undefined,
      () => `I5: ${name} at ${show(from)} never received ${skipped ? show(skipped.event) : ''}`,
    );
    position = to;
    return arrived;
  };

  const takeEvent = (at: Position, payload: string): void => {
    const arrived = advance(at, true);
    demand(
      arrived !== null && matchesFilter(current().filter, arrived.event),
      () => `I5: ${name} did not ask for ${show(at)}`,
    );
    const expected = isBlank(payload) ? arrived.blankPayload : arrived.event.payload;
    demand(payload === expected, () => `I5: ${name} read ${payload} at ${show(at)} instead of ${expected}`);
    stored = at;
    current().events.push({ position: at, payload });
  };

  const takeHello = ({ position: at, isResumed, reason }: Extract<ClientView, { op: 'hello' }>): void => {
    demand(history.between(at, at) !== null, () => `I2: HELLO names ${show(at)}, which was never committed`);
    if (asked !== null && isResumed) {
      const sent = asked;
      demand(isSamePosition(at, sent) && reason === null, () => `I6: ${name} resumed ${show(sent)} at ${show(at)}`);
      return begin(at, wanted);
    }
    if (asked !== null) {
      const sent = asked;
      demand(reason !== null, () => `I6: ${name} lost its place at ${show(sent)} without a reason`);
      demand(lost.has(reason), () => `I6: needless reset of ${name} at ${show(sent)}: ${reason}`);
    } else {
      demand(!isResumed && reason === null, () => `I6: ${name} asked for no position and was told ${reason}`);
      // Having been here before and being told nothing, it takes for granted that nothing happened since.
      if (position !== null) advance(at, false);
    }
    position = at;
    if (isHelloStored) stored = at;
    stretches = [];
    begin(at, wanted);
  };

  const lookAtAsked = (): void => {
    if (asked === null || history.isResumable(asked)) return;
    if (asked.seq < history.floorSeq()) lost.add('too_old');
    if (!history.isKept(asked)) lost.add('diverged');
  };

  return {
    name,
    get position() {
      return position;
    },
    get stretches() {
      return stretches;
    },
    get filter() {
      return createFilter(wanted);
    },
    connect(whenNew) {
      asked = stored;
      switches = [];
      lost = new Set();
      lookAtAsked();
      if (stored !== null) return { kind: 'position', position: stored };
      return position === null ? whenNew : { kind: 'latest' };
    },
    logChanged: lookAtAsked,
    wantFilter(input) {
      wanted = input;
      switches.push(input);
      return JSON.stringify({ op: 101, d: input });
    },
    receive(text) {
      const frame = readFrame(text);
      if (frame.op === 'hello') takeHello(frame);
      else if (frame.op === 'event') takeEvent(frame.position, frame.payload);
      else if (frame.op === 'position' || frame.op === 'subscribed') {
        advance(frame.position, false);
        stored = frame.position;
        if (frame.op === 'subscribed') begin(frame.position, switches.shift() ?? wanted);
      }
      return frame;
    },
  };
}
