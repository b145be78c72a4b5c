import { restErrors } from './rest-error.ts';
import type { Route } from './route.ts';

/** A route that fits a request. */
export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  /** Method, template and major parameter: what Discord limits together. */
  readonly majorRoute: string;
}

/** Finds the route; a template without parameters at a place wins over one with. @throws RestError 404 or 405. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  const segments = path.split('/').filter((segment) => segment !== '');
  const fitting = routes.flatMap((route) => {
    const params = paramsOf(route.path, segments);
    return params === null ? [] : [{ route, params }];
  });
  if (fitting.length === 0) throw restErrors.notFound();
  const [best] = fitting
    .filter(({ route }) => route.method === method)
    .sort((left, right) => Object.keys(left.params).length - Object.keys(right.params).length);
  if (best === undefined) throw restErrors.methodNotAllowed();
  const { route, params } = best;
  return { route, params, majorRoute: `${method} ${route.path} ${params.channel ?? params.guild ?? ''}` };
}

function paramsOf(template: string, segments: readonly string[]): Record<string, string> | null {
  const wanted = template.split('/').slice(1);
  if (wanted.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decode(segment);
    else if (part !== segment) return null;
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw restErrors.notFound();
  }
}
