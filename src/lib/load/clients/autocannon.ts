import type autocannon from 'autocannon'
import { onAbort } from '../../base/abort.ts'
import { createTimers, type Clock, type Timers } from '../../base/measure/clock.ts'
import { createHistogram } from '../../base/measure/histogram.ts'
import type { GeneratorHooks, GeneratorInterval, LoadGenerator } from '../engine/generator.ts'
import { requireFit, type SaturationTask } from './autocannon-fit.ts'
import { authorized, stepOf, createStatusJudge } from './fixed-request.ts'
import { watchGenerator } from '../metrics/generator-monitor.ts'
import { readBaseUrl } from './http/base-url.ts'
import { createRecorder, type Recorder } from '../metrics/recorder.ts'
import type { ShardInterval } from '../metrics/result.ts'

/** A client of autocannon's, with what its types leave out or have wrong. */
interface Connection {
  /** Requests sent. */
  readonly reqsMade: number
  /** It ends after so many; 0 for no end. */
  responseMax: number
  /** How long it waits for a response, ms. */
  timeout: number
  /** Its timer for that, once it has sent a request. */
  readonly timeoutTicker: { _schedule(ms: number): void }
  on(event: 'request' | 'done', listener: () => void): void
  once(event: 'request', listener: () => void): void
  on(event: 'headers', listener: (head: { readonly headers: readonly string[] }) => void): void
  on(event: 'response', listener: (status: number, bytes: number) => void): void
  on(event: 'connError', listener: (error: NodeJS.ErrnoException) => void): void
}

/** Requests that are under way when the time is over are waited for so long, ms. */
const maxGraceMs = 10_000

/** How often autocannon looks whether it is done, ms. */
const lookEveryMs = 50

/**
 * A generator that keeps every connection busy with one request, made by autocannon: a second opinion beside our own
 * engine. What autocannon is known to count wrong is refused before.
 */
export function createAutocannonGenerator(task: SaturationTask, hooks: GeneratorHooks): LoadGenerator {
  return {
    prepare: () => requireFit(task),
    async run() {
      const monitor = watchGenerator()
      // Nothing is ever late: a request is due when it is sent.
      const late = createHistogram()
      const withHealth = (interval: ShardInterval): GeneratorInterval => ({ ...interval, health: monitor.health(late) })
      const last = withHealth(await saturate(task, hooks.signal, (interval) => hooks.onSecond(withHealth(interval))))
      monitor.stop()
      return { last, lost: null, worker: null }
    },
    async close() {},
  }
}

interface Run {
  readonly recorder: Recorder
  readonly startedAt: number
  readonly connections: Set<Connection>
  /** Those who wait for seconds, and for the end of the time. */
  readonly timers: Timers
  /** When the last response was there. */
  lastEndedAt: number
  requests: number
  /** Requests under way are no longer waited for. */
  cutOff: boolean
}

async function saturate(
  task: SaturationTask,
  signal: AbortSignal,
  onSecond: (interval: ShardInterval) => void,
): Promise<ShardInterval> {
  const { clock, model } = task
  // Loading it takes its time, for which nobody has to wait who does not use it.
  const { default: start } = await import('autocannon')
  const run = createRun(clock)
  const { timers, startedAt } = run
  const wake = (): void => timers.cancelAll()
  const stopListening = onAbort(signal, wake)
  const cannon = fire(start, task, run)
  const done = Promise.resolve(cannon).finally(wake)
  await endEverySecond(run, task, onSecond)
  stopListening()
  const stoppedAt = clock.now()
  run.recorder.endAt(stoppedAt)
  const timed = model.requests === null || signal.aborted
  await finish(run, task, cannon, done)
  return intervalOf(run, task, ((timed ? stoppedAt : run.lastEndedAt) - startedAt) / 1000, 0)
}

function intervalOf(run: Run, { clock, model }: SaturationTask, seconds: number, users: number): ShardInterval {
  return {
    recorded: run.recorder.take(users),
    progress: {
      seconds,
      elapsedSeconds: (clock.now() - run.startedAt) / 1000,
      users: model.connections,
      full: false,
      iterations: run.requests,
      userMs: 0,
      waitedMs: 0,
    },
  }
}

function createRun(clock: Clock): Run {
  const startedAt = clock.now()
  return {
    recorder: createRecorder(),
    startedAt,
    connections: new Set(),
    timers: createTimers(clock),
    lastEndedAt: startedAt,
    requests: 0,
    cutOff: false,
  }
}

/** The value that autocannon returns; its types know one half of it at a time. */
type Cannon = Promise<autocannon.Result> & Pick<autocannon.Instance, 'stop'>

/** Its own timer could not wait for longer. Every run is stopped by us before. */
const longestSeconds = 24 * 24 * 3600

/** Without a rate, so that autocannon's wrong correction of latencies (samples made up for a rate) stays out of it. */
function fire(start: typeof autocannon, task: SaturationTask, run: Run): Cannon {
  const { origin, model } = task
  const { path, headers, body } = model.send
  const method = model.send.method as NonNullable<autocannon.Options['method']>
  const { shown, authorization } = readBaseUrl(origin)
  return start({
    url: `${shown}${path}`,
    method,
    headers: Object.fromEntries(authorized(headers, authorization)),
    ...(body.length > 0 ? { body: Buffer.from(body) } : {}),
    connections: model.connections,
    // At its own end it drops what is under way, which is what takes longest.
    ...(model.requests === null ? { duration: longestSeconds } : { amount: model.requests }),
    sampleInt: lookEveryMs,
    setupClient: (client) => follow(client as autocannon.Client & Connection, task, run),
  }) as Cannon
}

/** Timers fire up to a millisecond early. */
const timerSlackMs = 2

/** Records what becomes of each request of a connection. */
function follow(connection: Connection, { timeout, clock, model }: SaturationTask, run: Run): void {
  const step = stepOf(model.send)
  const judge = createStatusJudge(model.send.expect)
  let sent: number | null = null
  let bodyBytes: number | null = null

  function end(bytes: number, failure: string | null): void {
    if (sent === null) return
    run.lastEndedAt = clock.now()
    run.recorder.record({ step, due: sent, sent, ended: run.lastEndedAt, bytes, failure })
    sent = null
  }

  /** autocannon gives up a connection that is closed, or too slow, and says so late or never. */
  function endUnanswered(): void {
    const late = sent !== null && clock.now() - sent >= timeout - timerSlackMs
    end(0, late ? 'timeout' : run.cutOff ? 'cut off at the end of the run' : 'connection closed')
  }

  connection.timeout = timeout
  connection.once('request', () => keepTimesPositive(connection.timeoutTicker))
  run.connections.add(connection)
  connection.on('request', () => {
    endUnanswered()
    sent = clock.now()
    run.requests++
  })
  connection.on('headers', ({ headers }) => (bodyBytes = contentLengthOf(headers)))
  connection.on('response', (status, bytes) => end(bodyBytes ?? bytes, judge(status)))
  connection.on('connError', ({ code, message }) => end(0, code ?? message))
  connection.on('done', () => {
    run.connections.delete(connection)
    endUnanswered()
  })
}

/**
 * Keeps the time that a timer of autocannon's is set to from being negative, which Node warns of: it is set to what is left
 * of a timeout, and on a busy machine that may be over by then.
 */
function keepTimesPositive(ticker: Connection['timeoutTicker']): void {
  const schedule = ticker._schedule.bind(ticker)
  ticker._schedule = (ms) => schedule(Math.max(1, ms))
}

/** Reads names and values in turns; null where the length is not announced. */
function contentLengthOf(headers: readonly string[]): number | null {
  const name = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-length')
  return name === -1 ? null : Number(headers[name + 1])
}

/** Reports the metrics of every whole second, until the time is over or the timers are cancelled. */
async function endEverySecond(
  run: Run,
  task: SaturationTask,
  onSecond: (interval: ShardInterval) => void,
): Promise<void> {
  const { connections, timers, startedAt } = run
  const { clock, model } = task
  const end = model.durationMs === null ? Infinity : startedAt + model.durationMs
  for (let at = startedAt + 1000; at <= end && !timers.cancelled; at += 1000) {
    if (await timers.sleep(Math.max(0, at - clock.now())))
      onSecond(intervalOf(run, task, (at - startedAt) / 1000, connections.size))
  }
  if (end < Infinity) await timers.sleep(Math.max(0, end - clock.now()))
}

/** Lets requests that are under way finish within the grace, and cuts them off after it. */
async function finish(
  run: Run,
  { clock, timeout }: SaturationTask,
  cannon: Cannon,
  done: Promise<unknown>,
): Promise<void> {
  // A connection that has sent as many as it may ends once the last is answered.
  for (const connection of run.connections) connection.responseMax = connection.reqsMade
  const grace = createTimers(clock)
  const ended = done.finally(() => grace.cancelAll())
  if (await grace.sleep(Math.min(timeout, maxGraceMs))) {
    run.cutOff = true
    cannon.stop()
  }
  await ended
}
