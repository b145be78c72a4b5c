import { describe, expect, it } from '@jest/globals';
import { parseCommand, UsageError } from '../src/command-line.ts';
import { formatTable } from '../src/report.ts';

describe('the command line', () => {
  it('fills in what is not said', () => {
    expect(parseCommand(['latency', '--rate', '50'])).toEqual({
      name: 'latency',
      forms: ['standalone', 'cluster'],
      build: 'source',
      clients: 1_000,
      rate: 50,
      seconds: 20,
    });
  });

  it.each([
    [[], /a name is missing: there are ingest, throughput, history, heap, latency, fanout, start, lines/],
    [['speed'], /"speed" is no benchmark/],
    [['ingest', 'latency'], /one name too many/],
    [['ingest', '--clients', '5'], /ingest takes no --clients/],
    [['ingest', '--form', 'cloud'], /--form must be standalone, cluster or both/],
    [['latency', '--seconds', '0'], /--seconds must be a whole number from 1/],
    [['start', '--from', 'git'], /--from must be source or dist/],
    [['fanout', '--part', 'speed'], /--part must be one of rates, idle, stalled, resume, spread, compression/],
    [['start', '--fast'], /Unknown option '--fast'/],
  ])('%j is refused with one sentence', (args, sentence) => {
    expect(() => parseCommand(args)).toThrow(UsageError);
    expect(() => parseCommand(args)).toThrow(sentence);
  });
});

describe('a table', () => {
  it('puts names to the left, numbers to the right and a dash where nothing could be measured', () => {
    const text = formatTable(
      ['what', 'ms'],
      [
        ['naive', 1234],
        ['ours', 2.5],
        ['other', null],
      ],
    );
    expect(text.split('\n')).toEqual(['what      ms', '-----  -----', 'naive  1,234', 'ours    2.50', 'other      –']);
  });
});
