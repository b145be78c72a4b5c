import { describe, expect, it } from '@jest/globals';
import { readTheme } from '../../viewer/overlay/theme.ts';

const themeOf = (query: string, isValid = (_property: string, value: string): boolean => !value.includes(';')) =>
  readTheme(new URLSearchParams(query), isValid);

describe('the overlay’s theme', () => {
  it('has a default for everything', () => {
    expect(themeOf('')).toEqual({
      max: 12,
      fade: 0,
      history: 0,
      hasAvatars: true,
      namesChannel: false,
      hasMedia: false,
      classes: ['align-left', 'grow-up', 'shadow'],
      properties: [['--size', '22px']],
    });
  });

  it('is what the address says', () => {
    const theme = themeOf(
      'max=3&fade=7.5&history=9&avatars=0&channel=1&align=right&direction=down&shadow=0&size=40&color=gold',
    );
    expect(theme).toMatchObject({ max: 3, fade: 7.5, history: 3, hasAvatars: false, namesChannel: true });
    expect(theme.classes).toEqual(['align-right', 'grow-down']);
    expect(theme.properties).toEqual([
      ['--color', 'gold'],
      ['--size', '40px'],
    ]);
  });

  it('takes what makes no sense for absent', () => {
    const theme = themeOf('max=many&fade=-1&size=1e9&color=red;}body{display:none&background=');
    expect([theme.max, theme.fade]).toEqual([12, 0]);
    expect(theme.properties).toEqual([
      ['--background', ''],
      ['--size', '120px'],
    ]);
  });
});
