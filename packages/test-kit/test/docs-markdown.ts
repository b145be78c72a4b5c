import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');

/** Files of the repository that exist, by path from the root; ignored ones are none. */
export function repositoryFiles(pattern: RegExp): readonly string[] {
  const command = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const deleted = new Set(execFileSync('git', ['ls-files', '--deleted'], { cwd: ROOT, encoding: 'utf8' }).split('\n'));
  const paths = execFileSync('git', command, { cwd: ROOT, encoding: 'utf8' }).split('\n');
  return paths.filter((path) => path !== '' && pattern.test(path) && !deleted.has(path));
}

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The text of every fenced block of `language`, in order. */
export function fencedBlocks(markdown: string, language: string): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...markdown.matchAll(fence)].map(([, text = '']) => text);
}

const BLOCK = /^```[\s\S]*?^```$/gm;

/** The document without its fenced blocks, where `#` and `|` mean something else. */
export const prose = (markdown: string): string => markdown.replace(BLOCK, '');

/** The text under a heading of level 2, up to the next one. @throws when there is no such heading. */
export function sectionOf(markdown: string, heading: string): string {
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`there is no section "${heading}"`);
  return section;
}

/** The rows of every table, cells trimmed, without the heads. */
export function tableRows(markdown: string): readonly (readonly string[])[] {
  const lines = prose(markdown).split('\n');
  const isRule = (line: string | undefined): boolean => line !== undefined && /^\|[-|: ]+\|$/.test(line);
  return lines
    .filter((line, index) => line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** Everything in backticks of a text. */
export const codeIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** GitHub's anchor of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws TypeError for anything but a JSON object. */
export function objectOf(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('expected an object');
  return Object.fromEntries(Object.entries(value));
}
