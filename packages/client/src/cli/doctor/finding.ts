/** What one check found. `problem`: it will not work. `warning`: it works, with something missing. `note`: worth knowing. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'warning' | 'problem';
  /** What was looked at, in a word or two. */
  readonly subject: string;
  readonly text: string;
  /** What to do, in one sentence. */
  readonly remedy?: string;
}

type Find = (subject: string, text: string, remedy?: string) => Finding;

const findingOf =
  (level: Finding['level']): Find =>
  (subject, text, remedy) => ({ level, subject, text, ...(remedy !== undefined && { remedy }) });

export const ok = findingOf('ok');
export const note = findingOf('note');
export const warning = findingOf('warning');
export const problem = findingOf('problem');
