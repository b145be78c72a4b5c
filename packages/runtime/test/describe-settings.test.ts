import { parseEnv } from 'node:util';
import {
  commonSettings,
  describeSettings,
  loadConfig,
  optional,
  renderEnvExample,
  renderMarkdownTable,
  setting,
} from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

const settings = {
  PORT: commonSettings.PORT,
  MODE: setting(z.string(), { description: 'a | b', example: 'a' }),
  TOKEN: setting(z.string().optional(), { description: 'Hidden.', isSecret: true }),
};

describe('describeSettings', () => {
  it('says what is required, what is secret and what is assumed', () => {
    expect(describeSettings(settings)).toEqual([
      expect.objectContaining({ name: 'PORT', default: '3000', isRequired: false, isSecret: false }),
      expect.objectContaining({ name: 'MODE', default: null, example: 'a', isRequired: true }),
      expect.objectContaining({ name: 'TOKEN', default: null, isRequired: false, isSecret: true }),
    ]);
  });

  it('renders a Markdown table whose cells cannot break it', () => {
    expect(renderMarkdownTable(describeSettings(settings))).toBe(
      [
        '| variable | default | meaning |',
        '|---|---|---|',
        '| `PORT` | `3000` | TCP port to listen on; 0 chooses a free one. |',
        '| `MODE` | required | a \\| b |',
        '| `TOKEN` | – | Hidden. Secret. |',
        '',
      ].join('\n'),
    );
  });

  it('renders an .env.example that boots as copied', () => {
    const optionalSettings = {
      ...commonSettings,
      DISCORD_TOKEN: optional(commonSettings.DISCORD_TOKEN),
      DATABASE_URL: optional(commonSettings.DATABASE_URL),
      REDIS_URL: optional(commonSettings.REDIS_URL),
    };
    const text = renderEnvExample(describeSettings(optionalSettings));
    expect(text).toContain('# PORT=3000\n');
    expect(loadConfig(optionalSettings, parseEnv(text)).ok).toBe(true);
  });

  it('gives examples that are valid when uncommented', () => {
    const text = renderEnvExample(describeSettings(commonSettings)).replaceAll(/^# ([A-Z_]+=)/gm, '$1');
    const loaded = loadConfig(
      { ...commonSettings, DISCORD_TOKEN: optional(commonSettings.DISCORD_TOKEN) },
      parseEnv(text),
    );
    expect(loaded.ok ? [] : loaded.problems).toEqual([]);
  });
});
