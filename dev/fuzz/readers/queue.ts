import * as fc from 'fast-check'
import { z } from 'zod'
import { readAllowed } from '../../../src/lib/cli/flags.ts'
import { readScenarioSettings } from '../../../src/lib/config/sent-settings.ts'
import { failure } from '../../../src/lib/base/errors/errors.ts'
import { checkModel } from '../../../src/lib/load/engine/model.ts'
import { queuedJob, queuedShard } from '../../../src/lib/load/distributed/queued-job.ts'
import { decodeTelemetry } from '../../../src/lib/load/distributed/queue-telemetry.ts'
import { encodeInterval } from '../../../src/lib/load/distributed/interval-bytes.ts'
import { seedJob, storedByWorker } from '../../../src/lib/seeding/distributed/seed-job.ts'
import { readError } from '../../../src/lib/base/errors/error-text.ts'
import { createRunIdentity } from '../../../src/lib/queue/run-identity.ts'
import { bytesLike, textsLike, valuesLike } from '../like.ts'
import { pure, reader } from '../reader.ts'
import { whyWrong } from '../../../src/lib/base/parse-values.ts'

const { id: run, key } = createRunIdentity()
const send = { method: 'GET', path: '/', headers: [['a', 'b']], body: 'eA==', expect: '2xx' }
const models = [
  {
    kind: 'closed',
    starts: 'spread',
    stages: [
      { durationMs: 0, users: 3 },
      { durationMs: 1000, users: 3 },
    ],
  },
  { kind: 'open', ratePerSecond: 10, arrivals: 'constant', durationMs: 1000, maxInFlight: 100 },
  {
    kind: 'open',
    ratePerSecond: 10,
    arrivals: 'poisson',
    bursts: [{ factor: 10, atMs: 0, lengthMs: 10 }],
    durationMs: 1000,
    maxInFlight: 9,
    send,
  },
  { kind: 'saturation', engine: 'rushbench', connections: 3, requests: 9, durationMs: null, send },
]
const settings = {
  workload: 'vaccination',
  seed: 'x',
  from: '2000-01-01',
  orders: 10,
  bookedStatuses: [201],
  conflictStatuses: [409],
  cache: 'memory',
}
const jobs = models.map((model) => ({
  origins: ['http://127.0.0.1:1'],
  timeout: 1000,
  model,
  seed: 's',
  runId: '0a1b2c3d',
  statuses: { bookedStatuses: [201], conflictStatuses: [409] },
  settings,
  scenario: { name: 'a.mjs', source: 'export default {}' },
  prepareTimeout: 60_000,
}))
const parts = [
  { version: '1', run, key, shard: { index: 0, of: 2 } },
  { version: '1', run, key, seeding: run, database: 'mysql://db/x', connections: 2 },
  { worker: 'a', rows: 5, retries: { deadlock: 1 } },
]

/** Turns an error of parsing into the refusal that a coordinator or a worker reports. */
function asSentence(error: unknown): Error {
  return error instanceof z.ZodError || error instanceof SyntaxError
    ? failure('worker-refuses-load', { worker: 'w', reason: whyWrong(error) })
    : (error as Error)
}

const histogram = { valuesUs: Float64Array.of(100, 300), counts: Float64Array.of(1, 200) }
const interval = encodeInterval({
  recorded: {
    users: 3,
    skipped: 0,
    steps: [{ name: 'a', failures: 1, bytes: 10, response: histogram, service: histogram }],
    parts: [],
    retryReasons: {},
    failureReasons: { 'status 500': 1 },
    errors: 0,
    errorReasons: {},
    reconnected: 0,
    droppedTexts: 0,
    late: histogram,
  },
  progress: { seconds: 1, elapsedSeconds: 1, users: 1, full: false, iterations: 1, userMs: 0, waitedMs: 0 },
  health: null,
})
const worker = { name: 'a', host: 'b', pid: 1, version: '1', clock: { offsetMs: -2, roundTripMs: 0.5 } }
const lines = ['{"outcome":"booked","key":"k1","resource":7,"id":"b1"}']
const texts = [worker, { lines }, { lost: 'x' }, { code: 'worker-version', exitCode: 1, message: 'm' }]
const kinds = ['hello', 'prepared', 'interval', 'last', 'entries', 'end', 'failed', 'mistake', 'x']
const data = fc.oneof(
  bytesLike([interval], ['{', '"', ':1e300', '\u0080']),
  valuesLike(texts).map((value) => Buffer.from(JSON.stringify(value) ?? '')),
)

export const queueReaders = [
  reader({
    name: 'loads',
    what: 'loads on the queue, as workers take them',
    inputs: valuesLike(jobs),
    open: pure((value) => {
      try {
        const job = queuedJob.parse(value)
        checkModel(job.model, { kind: 'workers', count: 2, raised: false })
        readScenarioSettings(job.settings, 'the queue')
      } catch (error) {
        throw asSentence(error)
      }
    }),
  }),
  reader({
    name: 'parts',
    what: 'jobs on the queue',
    inputs: valuesLike(parts),
    open: pure((value) => {
      for (const schema of [queuedShard, seedJob, storedByWorker]) {
        const found = schema.safeParse(value)
        if (!found.success) whyWrong(found.error)
      }
    }),
  }),
  reader({
    name: 'interval',
    what: 'what workers say, as the coordinator reads it',
    inputs: fc.tuple(fc.constantFrom(...kinds), data),
    open: pure(([kind, bytes]) => {
      try {
        decodeTelemetry(kind, bytes)
      } catch (error) {
        throw asSentence(error)
      }
    }),
  }),
  reader({
    name: 'errors',
    what: 'errors that workers send, and hashes that they are given',
    inputs: textsLike(
      ['{"code":"worker-version","exitCode":1,"message":"m"}', `sha256:${'a'.repeat(64)}`, 'any'],
      ['"code"', '"exitCode":999', 'sha256:'],
    ),
    open: pure((text) => {
      readError(text)
      readAllowed([text])
    }),
  }),
]
