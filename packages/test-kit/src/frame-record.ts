import {
  type DispatchFrame,
  type HelloFrame,
  parseDispatch,
  parseHello,
  parseServerFrame,
  type ServerFrame,
} from './server-frame.ts';
import { createStreamOrder } from './stream-order.ts';
import { createWaiters } from './waiters.ts';

/** Everything one connection received, judged as it came. */
export interface FrameRecord {
  readonly frames: readonly ServerFrame[];
  readonly events: readonly DispatchFrame[];
  readonly hello: HelloFrame | null;
  readonly position: string;
  readonly violations: readonly string[];
  readonly isOver: boolean;
  receive(text: string): void;
  /** No more frames will come, because of `why`. */
  end(why: string): void;
  until<T>(what: string, look: () => T | undefined, timeoutMs: number): Promise<T>;
}

const SHOWN_FRAMES = 5;
const SHOWN_LENGTH = 200;
const DISPATCH = 0;

export function createFrameRecord(onEvent: (event: DispatchFrame) => void): FrameRecord {
  const frames: ServerFrame[] = [];
  const events: DispatchFrame[] = [];
  const malformed: string[] = [];
  const order = createStreamOrder();
  let hello: HelloFrame | null = null;
  let position = '';
  let endedBy: string | null = null;

  const violations = (): readonly string[] => [...order.violations, ...malformed];
  const describe = (): string => {
    const newest = frames.slice(-SHOWN_FRAMES).map((frame) => `  ${frame.text.slice(0, SHOWN_LENGTH)}`);
    const shown = newest.length === 0 ? '' : `, the newest:\n${newest.join('\n')}`;
    return `received ${frames.length} frames, ${events.length} events, position ${position || 'none'}${shown}`;
  };
  const over = (): string | null => (violations().length > 0 ? violations().join('; ') : endedBy);
  const waiters = createWaiters(describe, over);

  const understand = (frame: ServerFrame): void => {
    frames.push(frame);
    if (hello === null) {
      hello = parseHello(frame);
      position = hello.position;
      order.startAt(position);
      return;
    }
    if (typeof frame.json.p === 'string') position = frame.json.p;
    if (frame.op !== DISPATCH) return;
    const event = parseDispatch(frame);
    order.check(event);
    events.push(event);
    onEvent(event);
  };
  return {
    frames,
    events,
    get hello() {
      return hello;
    },
    get position() {
      return position;
    },
    get violations() {
      return violations();
    },
    get isOver() {
      return endedBy !== null;
    },
    receive(text) {
      try {
        understand(parseServerFrame(text));
      } catch (error) {
        malformed.push(error instanceof Error ? error.message : String(error));
      }
      waiters.changed();
    },
    end(why) {
      endedBy ??= why;
      waiters.changed();
    },
    until: waiters.until,
  };
}
