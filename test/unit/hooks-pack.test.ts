import { describe, expect, test } from 'vitest'

import { isBot, parseUserAgent } from '../../hooks/analytics/user-agent.ts'
import { durationMs } from '../../hooks/traces/duration.ts'
import { pathMatcher } from '../../hooks/traces/path-rules.ts'

describe('a User-Agent', () => {
  const agents: readonly (readonly [
    userAgent: string,
    browser: string,
    os: string,
    device: string,
  ])[] = [
    ['', 'Unknown', 'Unknown', 'unknown'],
    ['curl/8.5.0', 'Other', 'Other', 'desktop'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
      'Chrome',
      'Windows 10',
      'desktop',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
      'Edge',
      'Windows 10',
      'desktop',
    ],
    [
      'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/95.0 Safari/537.36 OPR/81.0',
      'Opera',
      'Windows 7',
      'desktop',
    ],
    [
      'Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko',
      'IE',
      'Windows 8.1',
      'desktop',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
      'Safari',
      'MacOS',
      'desktop',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari',
      'iOS',
      'mobile',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1',
      'Chrome',
      'iOS',
      'mobile',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1',
      'Safari',
      'iPadOS',
      'tablet',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36',
      'Samsung Internet',
      'Android',
      'mobile',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
      'Chrome',
      'Android',
      'tablet',
    ],
    [
      'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
      'Firefox',
      'Linux',
      'desktop',
    ],
    [
      'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
      'Chrome',
      'ChromeOS',
      'desktop',
    ],
    [
      'Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0 Mobile Safari/537.36 MicroMessenger/8.0',
      'WeChat',
      'Android',
      'mobile',
    ],
  ]
  test.each(agents)('says browser, system and device: %s', (userAgent, browser, os, device) => {
    expect(parseUserAgent(userAgent)).toEqual({ browser, os, device })
  })

  test('says that it is a bot', () => {
    const bots = [
      'Googlebot/2.1',
      'Mozilla/5.0 (compatible; YandexImages)',
      'facebookexternalhit/1.1',
      'WhatsApp/2',
      'GPTBot',
      'AhrefsSiteAudit',
    ]
    expect(bots.filter((bot) => !isBot(bot))).toEqual([])
    const others = ['', 'node', 'undici', 'curl/8', 'HeadlessChrome/126', 'python-httpx/0.27']
    expect(others.filter((other) => isBot(other))).toEqual([])
  })
})

test.each<[unknown, number | undefined]>([
  ['1h30m', 5_400_000],
  ['90s', 90_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['300ms', 300],
  ['2us', 0.002],
  ['2µs', 0.002],
  ['5ns', 0.000005],
  ['-1m', -60_000],
  ['+1m', 60_000],
  ['0', 0],
  [60, 60_000],
  [-1, -1000],
  ['', undefined],
  ['3600', undefined],
  ['1d', undefined],
  ['h', undefined],
  ['1h 30m', undefined],
  ['.s', undefined],
  [Number.NaN, undefined],
  [null, undefined],
  [{}, undefined],
])('the duration %s is %s milliseconds', (text, expected) => {
  expect(durationMs(text)).toBe(expected)
})

test.each<[rule: string, path: string, fits: boolean]>([
  ['/api', '/api', true],
  ['/api', '/api/health', true],
  ['/api/', '/api/health', true],
  ['/api', '/apis', false],
  ['/api', '/x/api', false],
  ['/', '/anything', true],
  ['/api/*/records', '/api/posts/records', true],
  ['/api/*/records', '/api/a/b/records', false],
  ['/api/**/records', '/api/a/b/records/x', true],
  ['/a.b', '/axb', false],
  ['*.png', '/a.png', false],
  ['**.png', '/a/b.png', true],
])('the path rule %s fits %s: %s', (rule, path, fits) => {
  expect(pathMatcher([rule])(path)).toBe(fits)
})
