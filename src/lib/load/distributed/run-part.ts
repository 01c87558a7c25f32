import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../base/abort.ts'
import { failure, RushbenchError, sentError } from '../../base/errors/errors.ts'
import { errorAsText } from '../../queue/error-text.ts'
import type { Clock } from '../../base/measure/clock.ts'
import { connectQueue, type QueueClient } from '../../queue/client.ts'
import { openNews, type NewsSender } from '../../queue/news.ts'
import { followOrders } from '../../queue/orders.ts'
import { countStrangers, runIdentity, type RunIdentity } from '../../queue/run-identity.ts'
import { readClock, serverTime } from '../../queue/server-clock.ts'
import { whyWrong } from '../../base/why-wrong.ts'
import type { GeneratorHooks, GeneratorNews, LoadGenerator, WorkerFacts } from '../engine/generator.ts'
import { createSocketClient } from '../clients/http/socket-client.ts'
import { createLedgerChannel } from './ledger-channel.ts'
import { formatEntry } from '../ledger/ledger-format.ts'
import type { Shard } from '../engine/pacing.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import { shownTarget, whyUnreachable } from '../clients/target.ts'
import { loadPart, mostTaskBytes, ownLoadPart, type LoadPart, type LoadTask } from './load-part.ts'
import { linesBytes } from './part-messages.ts'
import { encodeNews } from './metrics-bytes.ts'
import { readTask } from './task-text.ts'

/** A worker, as it takes parts of loads. */
export interface PartTaker {
  /** URL of the queue. */
  readonly queue: string
  readonly name: string
  readonly host: string
  /** Of rushbench. */
  readonly version: string
  readonly clock: Clock
  /** Throws what this worker does not do for anybody: `worker-refuses-scenario`, `worker-refuses-target`, `usage-wrong`. */
  readonly permit: (task: LoadTask, part: Shard) => void
  /** Of a task that is permitted. Throws `scenario-unusable`. */
  readonly openGenerator: (task: LoadTask, part: Shard, hooks: GeneratorHooks) => Promise<LoadGenerator>
  /** Ends the part under way, which is then given back. */
  readonly signal: AbortSignal
  /** Told what becomes of each part. */
  readonly onPart: (event: PartEvent) => void
  /** Told what a person has to know of the queue. */
  readonly onNote: (text: string) => void
}

/** What a worker says of a part. */
export type PartEvent = { readonly run: string; readonly part: number; readonly of: number } & (
  | { readonly event: 'taken' | 'ready' | 'begun' }
  | {
      readonly event: 'ended'
      readonly requests: number
      readonly failures: number
      readonly errors: number
      readonly reason: string | null
    }
  | { readonly event: 'refused'; readonly reason: string }
)

/** Does one part of a load. Throws an Error that holds, as JSON, why it was refused. */
export async function runPart(data: unknown, lost: AbortSignal, taker: PartTaker): Promise<void> {
  const part = readPart(data, taker)
  const run = runIdentity(part.run, part.key)
  const clients = await Promise.all([connectQueue(taker.queue), connectQueue(taker.queue)])
  const strangers = countStrangers(taker.onNote)
  try {
    const [writer, reader] = clients
    const task = await fetchTask(writer, run, taker, part)
    // Its coordinator is gone.
    if (task === null) return
    const news = openNews(writer, run, part.part.index)
    const end = createEnd(taker.signal, lost)
    followOrders(reader, run, {
      onStranger: () => strangers.add(),
      onOrder: (order) => (order.kind === 'stop' ? end.stop() : end.begin(order.at)),
      onGone() {
        end.give('the coordinator gave no sign of life')
        // Users who wait until a booking is on file have nobody to wait for.
        news.close()
      },
      signal: end.over,
    })
    try {
      await workOn(part, task, { taker, news, end, writer })
    } finally {
      end.close()
      news.close()
    }
  } finally {
    for (const client of clients) client.destroy()
    strangers.finish()
  }
}

function readPart(data: unknown, { name, version: own, onNote }: PartTaker): LoadPart {
  try {
    const { version } = loadPart.parse(data)
    if (version !== own) throw failure('worker-version', { worker: name, own, wanted: version })
    return ownLoadPart.parse(data)
  } catch (error) {
    const isSaid = error instanceof RushbenchError
    const why = isSaid ? error : failure('worker-refuses-load', { worker: name, reason: whyWrong(error) }, error)
    onNote(why.message)
    throw refusal(why)
  }
}

/** Makes an error whose text tells the coordinator why. */
function refusal(error: RushbenchError): Error {
  return new Error(errorAsText(error), { cause: error })
}

/** Fetches what is to be done; null when it is there no more. */
async function fetchTask(
  client: QueueClient,
  run: RunIdentity,
  { name, onPart }: PartTaker,
  { part: { index, of } }: LoadPart,
): Promise<LoadTask | null> {
  const length = await client.strLen(run.keys.task)
  const isTooLarge = length > mostTaskBytes
  const bytes = isTooLarge ? null : await client.get(run.keys.task)
  if (bytes === null && !isTooLarge) return null
  try {
    if (bytes === null) throw new Error(`it has ${length} bytes, and ${mostTaskBytes} are allowed`)
    return readTask(bytes, run)
  } catch (error) {
    const why = failure('worker-refuses-load', { worker: name, reason: whyWrong(error) }, error)
    onPart({ run: run.id, part: index + 1, of, event: 'refused', reason: why.message })
    throw refusal(why)
  }
}

/** What may end a part, or let it begin. */
interface PartSignals {
  /** Aborts when no more load is to be made. */
  readonly signal: AbortSignal
  /** Aborts when the part is over for whatever reason. */
  readonly over: AbortSignal
  /** When to begin, on the server's clock, ms; null when the part ends before. */
  readonly beginning: Promise<number | null>
  /** Why the part is given back before its end; null while it is not. */
  reason(): string | null
  begin(at: number): void
  /** As the coordinator orders. */
  stop(): void
  give(reason: string): void
  close(): void
}

function createEnd(stopped: AbortSignal, lost: AbortSignal): PartSignals {
  const abort = new AbortController()
  const over = new AbortController()
  const beginning = Promise.withResolvers<number | null>()
  let given: string | null = null

  function stop(): void {
    beginning.resolve(null)
    abort.abort()
  }

  function give(reason: string): void {
    given ??= reason
    stop()
  }

  const listening = [
    onAbort(stopped, () => give('it was stopped')),
    onAbort(lost, () => give('the queue gave its part up')),
  ]
  return {
    signal: abort.signal,
    over: over.signal,
    beginning: beginning.promise,
    reason: () => given,
    begin: beginning.resolve,
    stop,
    give,
    close() {
      for (const stopListening of listening) stopListening()
      over.abort()
    },
  }
}

interface Workplace {
  readonly taker: PartTaker
  readonly news: NewsSender
  readonly end: PartSignals
  readonly writer: QueueClient
}

/** What is said after the load has ended is waited for so long: the queue may be gone. */
const lastWordsMs = 5000

async function workOn(part: LoadPart, task: LoadTask, { taker, news, end, writer }: Workplace): Promise<void> {
  const { clock, onPart } = taker
  const about = { run: task.runId, part: part.part.index + 1, of: part.part.of }
  const say = (kind: string, message?: object | Buffer): Promise<void> =>
    news.send(kind, message && (Buffer.isBuffer(message) ? message : Buffer.from(JSON.stringify(message))))
  onPart({ ...about, event: 'taken' })
  let generator: LoadGenerator | null = null
  try {
    taker.permit(task, part.part)
    const reading = await readClock(clock, () => serverTime(writer))
    await say('hello', factsOf(taker, reading))
    for (const origin of task.origins) await requireReachableFrom(taker.name, origin, task.timeout)
    const requests = { all: 0, failed: 0 }
    let errors = 0
    const count = (given: GeneratorNews): GeneratorNews => {
      for (const { response, failures } of given.recorded.steps) {
        requests.all += response.counts.reduce((sum, times) => sum + times, 0)
        requests.failed += failures
      }
      errors += given.recorded.errors
      return given
    }
    generator = await taker.openGenerator(task, part.part, {
      ledger: createLedger(say),
      signal: end.signal,
      onSecond: (second) => void say('second', encodeNews(count(second))).catch(() => {}),
      onMistake: (error) => void say('mistake', sentError(error)).catch(() => {}),
    })
    await generator.prepare()
    await say('prepared')
    onPart({ ...about, event: 'ready' })
    const startAt = await end.beginning
    if (startAt === null)
      return onPart({ ...about, event: 'ended', requests: 0, failures: 0, errors: 0, reason: end.reason() })
    onPart({ ...about, event: 'begun' })
    const { last, lost } = await generator.run(startAt - reading.offsetMs)
    const left = end.reason() ?? lost
    const lastSaid = last && say('last', encodeNews(count(last)))
    const said = Promise.all([lastSaid, say('end', { left })]).catch(() => {})
    await Promise.race([said, sleep(lastWordsMs, undefined, { ref: false })])
    onPart({
      ...about,
      event: 'ended',
      requests: requests.all,
      failures: requests.failed,
      errors,
      reason: left,
    })
  } catch (error) {
    if (!(error instanceof RushbenchError)) throw error
    onPart({ ...about, event: 'refused', reason: error.message })
    await Promise.race([say('failed', sentError(error)).catch(() => {}), sleep(lastWordsMs, undefined, { ref: false })])
  } finally {
    await generator?.close()
  }
}

function factsOf(
  { name, host, version, clock }: PartTaker,
  reading: { offsetMs: number; roundTripMs: number },
): WorkerFacts {
  // People know the time of day, which may be set while a run lasts; what counts is the clock that never is.
  const offsetMs = reading.offsetMs - (timeOfDay() - clock.now())
  return { name, host, pid: process.pid, version, clock: { offsetMs, roundTripMs: reading.roundTripMs } }
}

/** ms since 1970, at the moment at which it becomes so much: it is told in whole ms. */
function timeOfDay(): number {
  const before = Date.now()
  for (;;) {
    const now = Date.now()
    if (now !== before) return now
  }
}

/** A booking is acknowledged to its user once the queue's server has it. */
function createLedger(say: (kind: string, message: object) => Promise<void>) {
  const channel = createLedgerChannel((batch, entries) => {
    const lines: string[] = []
    const reasons = entries.map((entry) => lineOf(entry, lines))
    Promise.all(inPieces(lines).map((piece) => say('entries', { lines: piece }))).then(
      () => channel.settle(batch, reasons),
      (error: Error) =>
        channel.settle(
          batch,
          reasons.map((reason) => reason ?? error.message),
        ),
    )
  })
  return channel
}

/** The lines in order, as many together as a message may bring; one piece at least. */
function inPieces(lines: readonly string[]): string[][] {
  const pieces: string[][] = [[]]
  let bytes = 0
  for (const line of lines) {
    bytes += Buffer.byteLength(line)
    if (bytes > linesBytes) {
      pieces.push([])
      bytes = Buffer.byteLength(line)
    }
    pieces.at(-1)?.push(line)
  }
  return pieces
}

/** Why the ledger refuses an entry; null when its line is among the others. */
function lineOf(entry: LedgerEntry, lines: string[]): string | null {
  try {
    lines.push(formatEntry(entry).trimEnd())
    return null
  } catch (error) {
    return `the ledger refuses an entry: ${(error as Error).message}`
  }
}

async function requireReachableFrom(worker: string, target: string, timeout: number): Promise<void> {
  const reason = await whyUnreachable(createSocketClient(target, timeout))
  if (reason !== null) throw failure('worker-cannot-reach', { worker, target: shownTarget(target), reason })
}
