import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { splitWords } from '../../../src/lib/config/command-line.ts'
import { resolveConfig } from '../../../src/lib/config/resolve.ts'
import { settingNames } from '../../../src/lib/config/settings.ts'
import { parseInsertThreshold } from '../../../src/lib/insert-bench/insert-thresholds.ts'
import { parseFault } from '../../../src/lib/load/faults/faults.ts'
import { readFixedRequest, readExpected } from '../../../src/lib/load/clients/fixed-request.ts'
import { parseLimit } from '../../../src/lib/load/limits/limit.ts'
import { parseThreshold } from '../../../src/lib/load/metrics/thresholds.ts'
import { parseLocations } from '../../../src/lib/workloads/stations/locations.ts'
import { textsLike, valuesLike } from '../like.ts'
import { pure, reader, type OpenReader } from '../reader.ts'
import { whyNoRefusal } from '../refusal.ts'

const values = [
  '100',
  '1,000',
  '10m',
  '1.5k',
  '60s',
  '1m30s',
  '0.2ms',
  '30s:1000,2m:0',
  '1000/s',
  '10x@10s:1s',
  '10%',
  '8:00',
  '2000-01-31',
  'none',
  'ascending,random',
  'append,random',
  '200,201',
  '{"bookings":{"table":"a","key":"b","resource":"c"}}',
  'response_time.p99<500ms',
  'kafka://h:1',
  'redis://h',
  'disk:x',
  'http://h:1',
]
const valueTokens = [',', ':', '.', '0', 's', 'ms', 'm', 'k', '@', 'x', '%', '/s', '_', '-', '1e9']

/** Reads settings in a folder of its own, where nothing is above it. */
async function openFolder<Input>(read: (cwd: string, input: Input) => Promise<unknown>): Promise<OpenReader<Input>> {
  const cwd = await mkdtemp(join(tmpdir(), 'rushbench-fuzz-'))
  await writeFile(join(cwd, 'package.json'), '{}')
  return {
    read: async (input) => void (await read(cwd, input)),
    close: () => rm(cwd, { recursive: true, force: true }),
  }
}

function openConfigs(name: string): Promise<OpenReader<string>> {
  return openFolder(async (cwd, text) => {
    await writeFile(join(cwd, name), text)
    await resolveConfig({ flags: {}, env: {}, cwd })
  })
}

const yaml = [
  'users: 7\nat: [0, 1k]\nthreshold:\n  - failures<1%\n',
  'threshold: &a [*a]\n',
  'a: &a [x, x]\nthreshold: &b [*a, *a]\n',
  'audit: &m\n  bookings: {table: a, key: b, resource: c}\n',
]
const json = {
  users: 7,
  at: [0, 1000],
  threshold: ['failures<1%'],
  audit: { bookings: { table: 'a', key: 'b', resource: 'c' } },
  duration: '60s',
}

export const settingReaders = [
  reader({
    name: 'settings',
    what: 'every setting, as a flag has it',
    inputs: fc.tuple(fc.constantFrom(...settingNames), textsLike(values, valueTokens)),
    open: () =>
      openFolder((cwd, [name, text]: readonly [string, string]) =>
        resolveConfig({ flags: { [name]: text }, env: {}, cwd }),
      ),
  }),
  reader({
    name: 'configs',
    what: 'config files in YAML',
    inputs: textsLike(yaml, [
      '&a',
      '*a',
      '[',
      ']',
      '{',
      '}',
      ': ',
      '- ',
      '\n  ',
      '<<: *a',
      '!!js/function',
      '? ',
      '|',
      '>',
    ]),
    open: () => openConfigs('.rushbenchrc.yaml'),
  }),
  reader({
    name: 'json-configs',
    what: 'config files in JSON',
    inputs: valuesLike([json]).map((value) => JSON.stringify(value) ?? ''),
    open: () => openConfigs('.rushbenchrc.json'),
  }),
  reader({
    name: 'thresholds',
    what: 'thresholds and limits to look for',
    inputs: textsLike(
      [
        'response_time.p99<500ms',
        'failures<1%',
        'rps>=1000',
        'steps[book it].p95<50ms',
        'response_time.p99<200ms and failures<0.1%',
      ],
      ['<', '>', '<=', 'and', ' and ', '%', 'ms', 'steps[', '].p99', '.', '9'],
    ),
    open: pure((text) => {
      for (const parse of [parseThreshold, parseInsertThreshold, parseLimit]) attempt(() => parse(text))
    }),
  }),
  reader({
    name: 'faults',
    what: 'faults to inject',
    inputs: textsLike(
      ['kill-server@20s', 'drop-connections@20s', 'pause-database@20s:5s'],
      ['@', ':', 's', 'm', '1', '.'],
    ),
    open: pure((text) => void parseFault(text)),
  }),
  reader({
    name: 'requests',
    what: 'the request, its headers and its statuses on the command line',
    inputs: fc.record({
      line: textsLike(['POST /booking', '/a?b=c', 'M-SEARCH /'], [' ', '/', '?', 'GET']),
      header: textsLike(
        ['Authorization: Bearer x', 'a:b', 'Connection: close', 'Host: a:1'],
        [':', ' ', 'Host', 'Connection'],
      ),
      expect: textsLike(['200,304', '2xx'], [',', 'x', '2']),
    }),
    open: pure(async ({ line, header, expect }) => {
      attempt(() => readExpected(expect))
      await readFixedRequest({ line, headers: [header], body: undefined })
    }),
  }),
  reader({
    name: 'locations',
    what: 'the stations, their days and places',
    inputs: valuesLike([[{ name: 'PWTC', from: '2021-05-16', days: 30, capacity: 1000 }]]).map(
      (value) => JSON.stringify(value) ?? '',
    ),
    open: pure((text) => void parseLocations(text, 'locations.json')),
  }),
  reader({
    name: 'commands',
    what: 'command lines of compare --run',
    inputs: textsLike(["load --users 3 --db 'mysql://u:p@h/d'", 'a "b c" d'], ["'", '"', ' ', '--', '=']),
    open: pure((text) => void splitWords(text)),
  }),
]

/** One of several readings: the next is tried as well. Throws what is no refusal of ours. */
function attempt(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (whyNoRefusal(error) !== null) throw error
  }
}
