import type { Paint } from './describe-event.ts';

const BOLD = 1;
const CYAN = 36;

/** A text of ours, with the name under which the program was started, and with headings, commands and flags painted. */
export function renderHelp(text: string, program: string, paint: Paint): string {
  return text
    .replaceAll('pnpm cli', program)
    .replace(/^([A-Z][\w ]*:)(?= |$)/gm, (heading) => paint(BOLD, heading))
    .replace(
      /^( {2})(\S+(?: \S+)*)(?= {2,})/gm,
      (_all, indent: string, term: string) => `${indent}${paint(CYAN, term)}`,
    );
}
