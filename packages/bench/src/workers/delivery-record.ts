import { snowflakeTimeMs } from '@dms/protocol';

export interface DeliveryFigures {
  /** Messages seen by anybody, and by how many clients in sum. */
  readonly messages: number;
  readonly deliveries: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** From the first to the last message, by this process's clock. */
  readonly seconds: number;
  /** Of what was sent after warming up. */
  readonly measured: number;
  /** As `seconds`. */
  readonly measuredSeconds: number;
  readonly bytesPerMessage: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Judges what all clients received. Latency is whole milliseconds from the message's id, which Discord's side made, to the read of
 *  the socket; both clocks are this machine's. */
export interface DeliveryRecord {
  readonly deliveries: number;
  readonly isWarm: boolean;
  /** Ignores frames that are no MESSAGE_CREATE. */
  receive(client: number, frame: Buffer, nowMs: number): void;
  figures(): DeliveryFigures;
}

const PREFIX = Buffer.from('{"op":0,"t":"MESSAGE_CREATE","s":');
const ZERO = 48;
const NINE = 57;
const MAX_LATENCY_MS = 120_000;

export function createDeliveryRecord(clients: number, warmupMs: number): DeliveryRecord {
  const lastSeqs = new Float64Array(clients);
  const sentAt = new Map<number, number>();
  const histogram = new Uint32Array(MAX_LATENCY_MS + 1);
  let deliveries = 0;
  let duplicates = 0;
  let reordered = 0;
  let measured = 0;
  let bytes = 0;
  let firstSentMs = 0;
  let firstMs = 0;
  let firstMeasuredMs = 0;
  let lastMs = 0;

  /** Parsed once per message, whoever gets it first. */
  const sendTime = (seq: number, frame: Buffer): number => {
    const known = sentAt.get(seq);
    if (known !== undefined) return known;
    const { d } = JSON.parse(frame.toString());
    const sentMs = snowflakeTimeMs(d.id);
    if (sentAt.size === 0) firstSentMs = sentMs;
    sentAt.set(seq, sentMs);
    bytes += frame.length;
    return sentMs;
  };
  const isWarmAt = (sentMs: number): boolean => sentMs - firstSentMs >= warmupMs;
  const quantile = (share: number): number => {
    let left = Math.ceil(measured * share);
    return histogram.findIndex((count) => {
      left -= count;
      return left <= 0 && measured > 0;
    });
  };

  let isWarm = false;
  return {
    get deliveries() {
      return deliveries;
    },
    get isWarm() {
      return isWarm;
    },
    receive(client, frame, nowMs) {
      if (frame.length < PREFIX.length || PREFIX.compare(frame, 0, PREFIX.length) !== 0) return;
      const seq = readDigits(frame, PREFIX.length);
      const last = lastSeqs[client] ?? 0;
      if (seq === last) duplicates += 1;
      else if (seq < last) reordered += 1;
      else lastSeqs[client] = seq;
      if (seq <= last) return;
      const sentMs = sendTime(seq, frame);
      deliveries += 1;
      if (firstMs === 0) firstMs = nowMs;
      lastMs = nowMs;
      if (!isWarmAt(sentMs)) return;
      if (!isWarm) firstMeasuredMs = nowMs;
      isWarm = true;
      measured += 1;
      const latency = Math.min(MAX_LATENCY_MS, Math.max(0, Math.round(nowMs - sentMs)));
      histogram[latency] = (histogram[latency] ?? 0) + 1;
    },
    figures: () => ({
      messages: sentAt.size,
      deliveries,
      lost: sentAt.size * clients - deliveries,
      duplicates,
      reordered,
      seconds: (lastMs - firstMs) / 1_000,
      measured,
      measuredSeconds: isWarm ? (lastMs - firstMeasuredMs) / 1_000 : 0,
      bytesPerMessage: Math.round(bytes / Math.max(1, sentAt.size)),
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
      maxMs: histogram.findLastIndex((count) => count > 0),
    }),
  };
}

function readDigits(bytes: Buffer, start: number): number {
  let value = 0;
  for (let index = start; ; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte < ZERO || byte > NINE) return value;
    value = value * 10 + (byte - ZERO);
  }
}
