const NAME = /\b(?:dms|nodejs|process)_[a-z0-9_]+/g;
/** What a histogram is called in queries; its own name has none of these. */
const PART_OF_HISTOGRAM = /_(?:bucket|sum|count)$/;

/** The metrics that queries name, each once, under the names they are defined with. */
export const metricNamesIn = (queries: string): readonly string[] =>
  [...new Set([...queries.matchAll(NAME)].map(([name]) => name.replace(PART_OF_HISTOGRAM, '')))].sort();
