import { createLedgerFile } from '../../../src/lib/load/ledger/ledger-file.ts'
import { formatEntry } from '../../../src/lib/load/ledger/ledger-format.ts'
import { startLedger } from '../../../src/lib/load/ledger/ledger.ts'
import type { GeneratorHooks } from '../../../src/lib/load/engine/generator.ts'
import { createRecorder } from '../../../src/lib/load/metrics/recorder.ts'
import { runModel } from '../../../src/lib/load/distributed/run-model.ts'
import { decodeTelemetry } from '../../../src/lib/load/distributed/queue-telemetry.ts'
import { encodeInterval } from '../../../src/lib/load/distributed/interval-bytes.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import { connectQueue } from '../../../src/lib/queue/client.ts'
import { readTelemetry, signedTelemetry, type TelemetryMessage } from '../../../src/lib/queue/telemetry.ts'
import { createRunIdentity } from '../../../src/lib/queue/run-identity.ts'

// Does as the coordinator of a load does with messages of workers, which this process has put on the queue beforehand: read it
// from the queue's server, decode it, add it up, and write the bookings into a ledger. One JSON argument, one JSON line.

/** Simulated workers. */
export interface ScaleJob {
  readonly queue: string
  readonly ledger: string
  readonly workers: number
  readonly seconds: number
  /** Requests of one worker in a second. */
  readonly requests: number
  readonly bookings: number
}

/** Cost of reading and adding up. */
export interface ScaleCost {
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly maxRssMb: number
  /** Bytes of all messages. */
  readonly bytes: number
}

const steps = ['calendar 1', 'calendar 2', 'booking']
/** Different seconds; which of them a worker says in which second does not matter. */
const variants = 64
const samplesSpread = 0.6
const medianMs = 8

const job = JSON.parse(process.argv[2] as string) as ScaleJob
const run = createRunIdentity()
const seconds = makeSeconds(job)
const bytes = await fill()
const cost = await merge()
console.log(JSON.stringify({ ...cost, bytes } satisfies ScaleCost))

/** Latencies as a server has them, lognormal about 8 ms. */
function makeSeconds({ requests }: ScaleJob): Buffer[] {
  const random = createRandom('scale')
  return Array.from({ length: variants }, () => {
    const recorder = createRecorder()
    for (let n = 0; n < requests; n++) {
      const normal = Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
      const ended = medianMs * Math.exp(samplesSpread * normal)
      const sent = random.float()
      recorder.record({ step: steps[n % 3] as string, due: 0, sent, ended: ended + sent, bytes: 5000, failure: null })
    }
    return encodeInterval({
      recorded: recorder.take(requests),
      progress: { seconds: 1, elapsedSeconds: 1, users: requests, full: false, iterations: 1, userMs: 1, waitedMs: 1 },
      health: {
        cpuPercent: 20,
        eventLoopLagP99: 2,
        maxRssMb: 120,
        lateStartP99: 1,
        lateStart: { percentile: 99, ms: 1 },
        watchedMs: 1000,
        stalledMs: 0,
        longestStallMs: 0,
      },
    })
  })
}

/** Puts on the queue what all workers say, second by second; in bytes. */
async function fill(): Promise<number> {
  const client = await connectQueue(job.queue)
  let sum = 0
  for (let second = 0; second < job.seconds; second++) {
    for (let shard = 0; shard < job.workers; shard++) {
      const messages: [string, Buffer][] = [['interval', seconds[(second * 31 + shard) % variants] as Buffer]]
      for (let n = 0; n < job.bookings; n++) {
        const key = `scale-${shard}-${second}-${n}`
        const line = formatEntry({ outcome: 'booked', key, resource: n, id: `${second}-${shard}-${n}` }).trimEnd()
        messages.push(['entries', Buffer.from(JSON.stringify({ lines: [line], conflicts: 0 }))])
      }
      const multi = client.multi()
      for (const [index, [kind, data]] of messages.entries()) {
        const number = second * (job.bookings + 1) + index + 1
        multi.xAdd(run.keys.telemetry, '*', signedTelemetry(run, { shard, kind, data }, number))
        sum += data.length
      }
      await multi.exec()
    }
  }
  client.destroy()
  return sum
}

async function merge(): Promise<Omit<ScaleCost, 'bytes'>> {
  const client = await connectQueue(job.queue)
  const hooks: GeneratorHooks[] = []
  const allRead = Promise.withResolvers<void>()
  let left = job.workers * job.seconds * (job.bookings + 1)

  async function onTelemetry({ shard, kind, data }: TelemetryMessage): Promise<void> {
    const hook = hooks[shard] as GeneratorHooks
    const message = decodeTelemetry(kind, data)
    if (message?.kind === 'interval') hook.onSecond(message.interval)
    if (message?.kind === 'entries') await Promise.all(message.entries.map((entry) => hook.ledger.record(entry)))
    if (--left === 0) allRead.resolve()
  }

  const startedAt = performance.now()
  const before = process.cpuUsage()
  const file = await createLedgerFile(job.ledger)
  const head = { run: 'scale', workload: 'scale', target: 'none', startedAt: new Date(0).toISOString() }
  const ledger = await startLedger(file, head)
  let reading: ReturnType<typeof readTelemetry> | null = null
  await runModel({
    model: { kind: 'closed', stages: [{ durationMs: job.seconds * 1000, users: job.workers }] },
    shards: job.workers,
    createGenerator(_part, hook) {
      hooks.push(hook)
      return {
        prepare: async () => {},
        async run() {
          reading ??= readTelemetry(client, run, { onTelemetry, onStranger() {}, onRead() {}, serverNow: () => 0 })
          await allRead.promise
          return { last: null, lost: null, worker: null }
        },
        close: async () => {},
      }
    },
    openLedger: async () => ledger,
    signal: new AbortController().signal,
    onLost() {},
    onMistake() {},
    onSecond() {},
  })
  await ledger.close()
  const { user, system } = process.cpuUsage(before)
  await (reading as ReturnType<typeof readTelemetry> | null)?.seal()
  client.destroy()
  return {
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - startedAt) / 1000,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
  }
}
