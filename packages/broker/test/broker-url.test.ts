import { brokerUrlProblem, openBroker } from '@dms/broker';
import { describe, expect, it } from '@jest/globals';
import { parseBrokerUrl } from '../src/broker-url.ts';

const PLAIN = { login: {}, db: 0, isEncrypted: false };

describe('the grammar of the broker URL', () => {
  it.each([
    ['memory:', { kind: 'memory' }],
    ['redis://redis', { kind: 'server', access: PLAIN, server: { host: 'redis', port: 6379 } }],
    ['redis://[::1]:6380/', { kind: 'server', access: PLAIN, server: { host: '::1', port: 6380 } }],
    [
      'REDISS://user:p%40ss+word@redis.example:6380/2?family=6',
      {
        kind: 'server',
        access: { login: { username: 'user', password: 'p@ss+word' }, db: 2, isEncrypted: true },
        server: { host: 'redis.example', port: 6380 },
      },
    ],
    [
      'redis-sentinel://one,two:26380,[::1]/mymaster',
      {
        kind: 'sentinel',
        access: PLAIN,
        sentinels: [
          { host: 'one', port: 26379 },
          { host: 'two', port: 26380 },
          { host: '::1', port: 26379 },
        ],
        masterName: 'mymaster',
        sentinelLogin: {},
      },
    ],
    [
      'rediss-sentinel://:a:b@c@one/my%20master/3?sentinelPassword=x+y%26%3D&sentinelUsername=watcher',
      {
        kind: 'sentinel',
        access: { login: { password: 'a:b@c' }, db: 3, isEncrypted: true },
        sentinels: [{ host: 'one', port: 26379 }],
        masterName: 'my master',
        sentinelLogin: { username: 'watcher', password: 'x+y&=' },
      },
    ],
    [
      'rediss-cluster://user:word@one:7000,two/',
      {
        kind: 'cluster',
        access: { login: { username: 'user', password: 'word' }, db: 0, isEncrypted: true },
        nodes: [
          { host: 'one', port: 7000 },
          { host: 'two', port: 6379 },
        ],
      },
    ],
  ])('reads %s', (url, expected) => {
    expect(parseBrokerUrl(url)).toEqual(expected);
    expect(brokerUrlProblem(url)).toBeNull();
  });

  it.each([
    ['canary', /^must be redis:\/\/host:port/],
    ['memory', /^must be redis:/],
    ['http://canary:secret@x', /^must be redis:/],
    ['redis-other://canary', /^must be redis:/],
    ['redis://', /^must name each host/],
    ['redis://:canary/secret@host', /^must name each host .* percent-encoded$/],
    ['redis://canary:65536', /^must name each host/],
    ['redis-cluster://canary,,secret', /^must name each host/],
    ['redis-sentinel://canary, secret/mymaster', /^must name each host/],
    ['redis://canary:%zz@host', /^must percent-encode/],
    ['redis://canary:secret@host/notanumber', /^must have a database number/],
    ['redis://canary,secret', /^must name one host; several are redis-sentinel:/],
    ['redis-sentinel://canary', /^must have \/master-name/],
    ['redis-sentinel://canary/', /^must have \/master-name/],
    ['redis-sentinel://canary/secret/x', /^must have \/master-name/],
    ['redis-sentinel://canary/%zz', /^must have \/master-name/],
    ['redis-sentinel://canary/m?sentinelpassword=secret', /^may have only the parameters/],
    ['redis-sentinel://canary/m?sentinelPassword=%zz', /^may have only the parameters/],
    ['redis-sentinel://canary/m?sentinelUsername=secret', /^may have only the parameters/],
    ['redis-cluster://canary/1', /^must end after its hosts/],
    ['redis-cluster://canary?secret=1', /^must end after its hosts/],
  ])('refuses %j and says why without repeating it', (url, problem) => {
    expect(brokerUrlProblem(url)).toMatch(problem);
    expect(brokerUrlProblem(url)).not.toMatch(/canary|secret/);
    expect(() => openBroker(url)).toThrow(TypeError);
    expect(() => openBroker(url)).toThrow(`the broker URL ${brokerUrlProblem(url)}`);
  });
});
