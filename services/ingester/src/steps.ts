import { type Channel, channel } from 'node:diagnostics_channel';

/** Moments on the way of a message at which a death of the process is told apart from all others by what is stored, published
 *  and acknowledged by then. Announced in this order for one message, the rarer ones after it. */
export const STEPS = [
  /** About to ask for the lease. */
  'lease-asked',
  /** Granted; Discord is not connected yet. */
  'lease-granted',
  /** A dispatch was read from the socket and is in no queue yet. */
  'dispatch-received',
  /** Changes were taken from the queue; the database has not heard of them. */
  'batch-taken',
  /** The commit was answered; queue and head do not know yet. */
  'batch-committed',
  /** What was committed is about to be published. */
  'batch-publishing',
  /** The broker answered. */
  'batch-published',
  /** Discord's session is stored further on; Discord has not been told. */
  'session-stored',
  /** A session that continues nothing began; its gap is not queued yet. */
  'gap-opening',
  /** A page of missed messages is queued, how far it reached is not. */
  'page-fetched',
  /** A page of stored messages was compared and its differences are queued, how far it reached is not. */
  'page-compared',
  /** Every channel is complete; the end of the gap is not queued yet. */
  'gap-closing',
  /** The deletes of all that a deleted channel held are queued; that nothing is left of it is not. */
  'channel-emptied',
] as const;

export type Step = (typeof STEPS)[number];

/** Name of the `node:diagnostics_channel` on which a step is announced. */
export const stepChannel = (step: Step): string => `dms:ingester:${step}`;

const channels: ReadonlyMap<Step, Channel> = new Map(STEPS.map((step) => [step, channel(stepChannel(step))]));

/** Announces a step to whoever listens in this process, synchronously: nobody, except where tests prove what a death here
 *  costs. Then it is a lookup and nothing else. */
export function reached(step: Step): void {
  const announced = channels.get(step);
  if (announced?.hasSubscribers) announced.publish(undefined);
}
