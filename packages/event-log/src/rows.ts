/** One row as Prisma returns it; every column is parsed by one of these. They throw TypeError, which means: our own SQL is wrong. */
export type Row = Readonly<Record<string, unknown>>;

export function asRows(result: unknown): readonly Row[] {
  if (!Array.isArray(result) || !result.every(isRow)) throw new TypeError('the database did not answer with rows');
  return result;
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} is not text`);
  return value;
}

export function nullableText(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** For bigint columns whose values stay below 2^53 (seq, term, times); ids are read as text instead. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number))
    throw new TypeError(`column ${column} is not an integer`);
  return number;
}

export function nullableInteger(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

export function flag(row: Row, column: string): boolean {
  const value = row[column];
  if (typeof value !== 'boolean') throw new TypeError(`column ${column} is not a boolean`);
  return value;
}
