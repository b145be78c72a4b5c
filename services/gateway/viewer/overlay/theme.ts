/** How an overlay looks and what it keeps, from the parameters of its address. */
export interface OverlayTheme {
  /** Lines at most, 1 to 100; default 12. */
  readonly max: number;
  /** Seconds until a line fades away; 0 (default) = never. */
  readonly fade: number;
  /** Newest messages shown at the start, 0 (default) to `max`. */
  readonly history: number;
  readonly hasAvatars: boolean;
  readonly namesChannel: boolean;
  /** Attached pictures are shown. */
  readonly hasMedia: boolean;
  /** Classes and CSS custom properties for the page. */
  readonly classes: readonly string[];
  readonly properties: readonly (readonly [name: string, value: string])[];
}

/** Parameter → custom property, and the CSS property that judges whether the value is one. */
const STYLES: readonly (readonly [parameter: string, property: string, judge: string])[] = [
  ['color', '--color', 'color'],
  ['background', '--background', 'background-color'],
  ['line', '--line-background', 'background-color'],
  ['font', '--font', 'font-family'],
  ['weight', '--weight', 'font-weight'],
];

const numberIn = (text: string | null, least: number, most: number, otherwise: number): number => {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
};

/** Wrong values count as absent: on air nothing should depend on a typing mistake. `isValid` is `CSS.supports`. */
export function readTheme(
  parameters: URLSearchParams,
  isValid: (property: string, value: string) => boolean,
): OverlayTheme {
  const is = (name: string, otherwise: boolean): boolean => {
    const value = parameters.get(name);
    return value === null ? otherwise : value === '1' || value === 'true';
  };
  const max = Math.round(numberIn(parameters.get('max'), 1, 100, 12));
  const styles = STYLES.flatMap(([name, property, judge]) => {
    const value = parameters.get(name);
    return value !== null && isValid(judge, value) ? [[property, value] as const] : [];
  });
  return {
    max,
    fade: numberIn(parameters.get('fade'), 0, 86_400, 0),
    history: Math.round(numberIn(parameters.get('history'), 0, max, 0)),
    hasAvatars: is('avatars', true),
    namesChannel: is('channel', false),
    hasMedia: is('media', false),
    classes: [
      parameters.get('align') === 'right' ? 'align-right' : 'align-left',
      parameters.get('direction') === 'down' ? 'grow-down' : 'grow-up',
      ...(is('shadow', true) ? ['shadow'] : []),
    ],
    properties: [...styles, ['--size', `${numberIn(parameters.get('size'), 8, 120, 22)}px`]],
  };
}
