import { describe, expect, it } from '@jest/globals';
import { csvHeader, csvLine } from '../../../src/http/export/csv.ts';

const lineOf = (message: Readonly<Record<string, unknown>>): string =>
  csvLine(JSON.stringify({ id: '1', channel_id: '10', ...message }));

describe('a message as a line of CSV', () => {
  it('has a cell for each column, empty for what is not known', () => {
    const columns = csvHeader().trimEnd().split(',');
    expect(columns.slice(0, 3)).toEqual(['id', 'timestamp', 'guild_id']);
    expect(lineOf({})).toBe(`1,,,,10${','.repeat(columns.length - 5)}\r\n`);
    expect(lineOf({ author: { id: '5', username: 'ada' }, content: 'raw', display: { text: 'plain' } })).toContain(
      ',10,,5,ada,plain,',
    );
  });

  it('quotes what would break the line', () => {
    expect(lineOf({ content: 'say "hi", then\nleave' })).toContain(',"say ""hi"", then\nleave",');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '  =1'])('makes the formula %j text', (content) => {
    expect(lineOf({ content })).toMatch(/,"?'/);
  });

  it('guards names as well as texts', () => {
    expect(lineOf({ display: { author_name: '=cmd|calc' } })).toContain(",'=cmd|calc,");
  });
});
