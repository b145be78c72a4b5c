import type { LogEvent } from '@dms/protocol';

/** An event whose payload exercises UTF-8, escapes and what Redis would treat specially in text protocols. */
export function sampleEvent(seq: number, overrides: Partial<LogEvent> = {}): LogEvent {
  return {
    term: 1_763_841_600_000,
    seq,
    type: 'MESSAGE_CREATE',
    guildId: '81384788765712384',
    channelId: '9007199254740993',
    parentId: null,
    authorId: '80351110224678912',
    messageId: `${1_000_000 + seq}`,
    payload: JSON.stringify({ id: `${1_000_000 + seq}`, content: `“${seq}” \r\n$3\r\n* 👩‍👩‍👧 \u0001` }),
    ...overrides,
  };
}

export const sampleEvents = (first: number, last: number): readonly LogEvent[] =>
  Array.from({ length: last - first + 1 }, (_, index) => sampleEvent(first + index));
