import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Where the declarations of a module stand, and what they may be asked for as. */
export interface DeclarationSources {
  /** Compiled declarations of this package. */
  readonly own: string;
  /** Bare specifiers that come along: to the file they mean. */
  readonly bundled: ReadonlyMap<string, string>;
}

const SPECIFIER = /(\b(?:from|import)\s*\(?\s*)(['"])([\w@./-]+)\2/g;

/** Copies what `entries` (names in `own`) need into `target`, each file once, so that the types of the package need no other
 *  package. @throws Error when a module is neither beside the file nor among `bundled`: it would be missing for users. */
export function copyDeclarations(entries: readonly string[], sources: DeclarationSources, target: string): void {
  const folders = [...new Set([...sources.bundled.values()].map((file) => packageRoot(file)))];
  /** Own files at the top, others in a folder of their package. */
  const placeOf = (file: string): string => {
    const folder = folders.find((root) => file.startsWith(root + sep));
    if (folder === undefined) return relative(sources.own, file);
    return join('vendor', packageName(folder) ?? '', relative(folder, file));
  };
  const queue = entries.map((entry) => join(sources.own, entry));
  const done = new Set(queue);
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const place = placeOf(file);
    const from = file;
    const text = readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
    const rewritten = text.replace(SPECIFIER, (_all, before: string, quote: string, specifier: string) => {
      const found = findDeclaration(specifier, from, sources.bundled);
      if (!done.has(found)) queue.push(found);
      done.add(found);
      const path = relative(dirname(place), placeOf(found))
        .replaceAll(sep, '/')
        .replace(/\.d\.ts$/, '.js');
      return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
    });
    mkdirSync(dirname(join(target, place)), { recursive: true });
    writeFileSync(join(target, place), rewritten);
  }
}

function findDeclaration(specifier: string, from: string, bundled: ReadonlyMap<string, string>): string {
  const known = bundled.get(specifier);
  if (known !== undefined) return known;
  const path = resolve(dirname(from), specifier.replace(/\.(js|ts)$/, ''));
  const found = [`${path}.d.ts`, join(path, 'index.d.ts')].find((candidate) => existsSync(candidate));
  if (specifier.startsWith('.') && found !== undefined) return found;
  throw new Error(`${from} needs the types of ${specifier}, which the package does not carry`);
}

/** The folder of the package that a file belongs to: those inside it that only say how files are read have no name. */
export function packageRoot(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (packageName(folder) !== null) return folder;
    if (folder === dirname(folder)) throw new Error(`${file} is in no package`);
  }
}

export function packageName(folder: string): string | null {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return null;
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'name' in manifest ? String(manifest.name) : null;
}
