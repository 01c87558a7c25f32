import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { definitionOf } from '../../../../src/lib/config/settings.ts'
import { encodeJob, queuedJob, readJob, signedJob } from '../../../../src/lib/load/distributed/queued-job.ts'
import { createRunIdentity } from '../../../../src/lib/queue/run-identity.ts'
import { arrivals } from '../../../support/load/virtual-run.ts'
import { whyWrong } from '../../../../src/lib/base/parse-values.ts'

const task = {
  origins: ['http://127.0.0.1:1'],
  timeout: 1000,
  seed: 's',
  runId: '0a1b2c3dx2',
  statuses: { bookedStatuses: [201], conflictStatuses: [409] },
  settings: {},
  scenario: null,
  prepareTimeout: 60_000,
}
const saturation = { kind: 'saturation', engine: 'rushbench', connections: 3, requests: 9, durationMs: null } as const

/** As it comes off the queue. */
const travelled = (model: object) => queuedJob.parse(JSON.parse(JSON.stringify({ ...task, model }))).model

describe('a single request on its way to workers', () => {
  it('comes with every byte and every header, over connections and at a rate', () => {
    const request = fc.record({
      method: fc.constantFrom('GET', 'M-SEARCH'),
      path: fc.string().map((rest) => `/${rest}`),
      headers: fc.array(fc.tuple(fc.string(), fc.string())),
      body: fc.uint8Array({ maxLength: 300 }),
      expect: fc.constantFrom('2xx,304', '200'),
    })
    fc.assert(
      fc.property(request, (send) => {
        for (const model of [saturation, arrivals(10)]) {
          const { body, ...rest } = send
          const { scenario: _none, ...job } = { ...task, scenarioFile: null, model: { ...model, send } }
          const came = queuedJob.parse(JSON.parse(JSON.stringify(encodeJob(job, null)))).model
          expect(came).toMatchObject({ ...model, send: rest })
          expect('send' in came && came.send && [...came.send.body]).toEqual([...body])
        }
      }),
    )
  })

  it.each([
    { ...saturation, send: { method: 'GET', path: '/', headers: [['a']], body: '', expect: '2xx' } },
    { ...saturation, send: { method: 'GET', path: '/', headers: [], body: 'not base64!', expect: '2xx' } },
    { ...saturation, connections: 0 },
    saturation,
  ])('is refused when it is none: %j', (model) => {
    expect(() => travelled(model)).toThrow()
  })
})

describe('the limits of the command line', () => {
  const takes = (change: object): boolean => queuedJob.safeParse({ ...task, model: arrivals(10), ...change }).success
  const users = (count: number) => ({ model: { kind: 'closed', stages: [{ durationMs: 1000, users: count }] } })
  const open = { kind: 'open', ratePerSecond: 1, arrivals: 'constant', durationMs: 1000, maxInFlight: 1 }

  /** What a setting reads, and how it stands in a load. */
  const alike = [
    ['users', users],
    ['arrivalRate', (ratePerSecond: number) => ({ model: { ...open, ratePerSecond } })],
    ['maxInFlight', (maxInFlight: number) => ({ model: { ...open, maxInFlight } })],
    ['seed', (length: number) => ({ seed: 's'.repeat(length) })],
  ] as const

  it.each(alike)('hold for %s on the queue as well', (name, change) => {
    const { schema } = definitionOf(name)
    const isText = name === 'seed'
    const numbers = isText
      ? fc.integer({ min: 1, max: 200 })
      : fc.oneof(fc.integer({ min: 1, max: 2_000_000 }), fc.constantFrom(1e6, 1e6 + 1, 1e9, 1e300))
    fc.assert(
      fc.property(numbers, (number) => {
        const read = schema.safeParse(isText ? 's'.repeat(number) : number)
        expect(takes(change(number))).toBe(read.success)
      }),
    )
  })

  it.each([
    [users(1e9), 'model.stages.0.users'],
    [{ model: { ...open, ratePerSecond: 1e300 } }, 'model.ratePerSecond'],
    [{ model: { ...open, durationMs: 31 * 24 * 3_600_000 } }, 'model.durationMs'],
    [{ model: { ...open, bursts: [{ factor: 1e5, atMs: 0, lengthMs: 1 }] } }, 'model.bursts.0.factor'],
    [{ model: { ...saturation, connections: 1e6 } }, 'model.connections'],
    [{ origins: Array.from({ length: 65 }, () => 'http://127.0.0.1:1') }, 'origins'],
    [{ origins: ['ftp://127.0.0.1:1'] }, 'origins.0'],
    [{ runId: 'a b' }, 'runId'],
    [{ statuses: { bookedStatuses: [99], conflictStatuses: [] } }, 'statuses.bookedStatuses.0'],
    [{ timeout: 0 }, 'timeout'],
  ])('are said with their place: %j', (change, place) => {
    const { error } = queuedJob.safeParse({ ...task, model: open, ...change })
    expect(whyWrong(error)).toMatch(new RegExp(`^${place.replaceAll('.', String.raw`\.`)} is wrong \\(.+\\)$`))
  })
})

describe('a load on the queue', () => {
  it('is read where the run has signed it, and nowhere else', () => {
    const run = createRunIdentity()
    const written = { ...task, model: arrivals(10) }
    const bytes = signedJob(written, run)
    expect(readJob(bytes, run)).toEqual(written)
    expect(() => readJob(bytes, createRunIdentity())).toThrow('it is not what the coordinator has put there')
    const at = bytes.indexOf('"seed":"s"') + 8
    bytes[at] = 't'.charCodeAt(0)
    expect(() => readJob(bytes, run)).toThrow('it is not what the coordinator has put there')
    expect(() => readJob(Buffer.from('{}'), run)).toThrow('it is not what the coordinator has put there')
  })
})
