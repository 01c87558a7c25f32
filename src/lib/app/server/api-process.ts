import { fork, type ChildProcess } from 'node:child_process'
import { on, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ignoreFailure } from '../../base/abort.ts'
import { addRetries } from '../../adapters/databases/retry.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { serveEnvironment } from '../../config/sent-settings.ts'
import type { Settings } from '../../config/settings.ts'
import type { RunningServer } from '../../ports/workload.ts'
import type { RetryCounts } from '../../ports/database-facts.ts'
import { lateEndMs } from '../end-process.ts'

/** Asks the API process for something. */
export type ApiCommand = 'drop-connections' | 'report-retries'

/**
 * Tells what an API process does: where it listens; how many connections it dropped on command; and what its database made
 * it try again since it started, on command and whenever that has become more.
 */
export type ApiTelemetry =
  | { readonly origin: string }
  | { readonly dropped: number }
  | { readonly retries: RetryCounts; readonly asked: boolean }

/** An API to start. */
export interface ApiLaunch {
  /** `bin/run.js` */
  readonly entryPoint: string
  /** Settings, which go through the environment: other users cannot read a password there. A port 0 stays the same over restarts. */
  readonly settings: Settings
}

/** An API in a process of its own. */
export interface ApiProcess extends RunningServer {
  /** Rejects with `api-ended`, or `replica-ended` where it was supervised, when it ends and is not started again. */
  readonly ended: Promise<never>
  /**
   * Returns what its database made it try again, over all its restarts; what a killed process had not reported yet
   * (up to a quarter of a second) is missing.
   */
  retries(): RetryCounts
  /** Kills the process by SIGKILL and restarts it on the same port, as a supervisor does; resolves when it listens. */
  crash(): Promise<void>
}

/** Watches a process, and decides what becomes of it. */
export interface Supervisor {
  /** Called when the API listens, for the first time or again. */
  onStart(origin: string, pid: number): void
  /** Called when the API ended by itself, or could not be restarted (`aliveMs` 0). Returns the pause before a restart, ms; null: none. */
  onEnd(reason: string, aliveMs: number): number | null
  /** Text that it wrote to stderr. */
  onErrors(text: string): void
}

const unsupervised: Supervisor = { onStart() {}, onEnd: () => null, onErrors() {} }

/** How long the API may take to start, and to obey a command, ms. */
const startTimeoutMs = 30_000
const answerTimeoutMs = 30_000
/** How long it may take to close beyond its own timeout, ms; it ends itself before that. */
const closeGraceMs = lateEndMs + 2000

/**
 * Starts `rushbench start` in a process of its own, so that it and the load each have a core. Unless the supervisor says
 * otherwise, it is not started again. Throws `api-failed-to-start`.
 */
export async function startApiProcess(
  { entryPoint, settings }: ApiLaunch,
  supervisor: Supervisor = unsupervised,
): Promise<ApiProcess> {
  const { promise: ended, reject: fail } = Promise.withResolvers<never>()
  // Nobody awaits it once the run is over.
  void ignoreFailure(ended)
  const closing = new AbortController()
  const counted: (() => RetryCounts)[] = []
  const first = await launch({ entryPoint, settings }, supervisor)
  const { origin } = first
  const port = Number(new URL(origin).port)
  /** The process that serves, or is being started. */
  let current = Promise.resolve(first)
  watch(first)

  function watch(api: Api): void {
    const startedAt = performance.now()
    counted.push(api.retries)
    supervisor.onStart(origin, api.child.pid ?? 0)
    api.child.once('exit', (code, signal) => {
      if (api.mayEnd) return
      // A process that is killed has no last word: what it wrote before is about something else.
      const lastWord = signal === 'SIGKILL' ? '' : api.errors()
      const reason = lastWord || `exit code ${code}, signal ${signal}`
      const restartAfterMs = supervisor.onEnd(reason, performance.now() - startedAt)
      if (restartAfterMs === null) {
        return fail(failure(supervisor === unsupervised ? 'api-ended' : 'replica-ended', { reason }))
      }
      current = restart(restartAfterMs)
      current.catch(fail)
    })
  }

  async function restart(afterMs: number): Promise<Api> {
    for (let waitMs: number | null = afterMs; ;) {
      await sleep(waitMs, null, { signal: closing.signal })
      try {
        const next = await launch({ entryPoint, settings: { ...settings, port } }, supervisor)
        watch(next)
        return next
      } catch (error) {
        waitMs = closing.signal.aborted ? null : supervisor.onEnd(reasonOf(error), 0)
        if (waitMs === null) throw error
      }
    }
  }

  async function replace(api: Api): Promise<Api> {
    await end(api, 'SIGKILL', 0)
    return restart(0)
  }

  return {
    origin,
    ended,
    async dropConnections() {
      const { child } = await current
      const { dropped } = await ask(child, 'drop-connections', (message) => ('dropped' in message ? message : null))
      return dropped
    },
    retries: () => addRetries(counted.map((count) => count())),
    async crash() {
      current = current.then(replace)
      await current
    },
    async close() {
      closing.abort()
      const api = await current.catch(() => null)
      if (!api) return
      await askRetries(api)
      await end(api, 'SIGTERM', settings.shutdownTimeout + closeGraceMs)
    },
  }
}

interface Api {
  readonly child: ChildProcess
  readonly origin: string
  /** The last reported counts. */
  retries(): RetryCounts
  /** Text that it wrote to stderr. */
  errors(): string
  /** Set once it was told to end, so that its end is no failure. */
  mayEnd: boolean
}

async function launch({ entryPoint, settings }: ApiLaunch, { onErrors }: Supervisor): Promise<Api> {
  const child = fork(entryPoint, ['start'], {
    env: { ...process.env, ...serveEnvironment({ ...settings, replicas: 1 }) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    // Its own process group: Ctrl-C reaches only the parent, which then ends it in its own time.
    detached: true,
  })
  const errors = collectErrors(child, onErrors)
  const origin = await waitForOrigin(child, errors)
  let retries: RetryCounts = {}
  child.on('message', (message: ApiTelemetry) => {
    if ('retries' in message) retries = message.retries
  })
  return { child, origin, retries: () => retries, errors, mayEnd: false }
}

/** Sends a command and waits for the telemetry that `pick` accepts as its response. */
async function ask<Response>(
  child: ChildProcess,
  command: ApiCommand,
  pick: (message: ApiTelemetry) => Response | null,
): Promise<Response> {
  const messages = on(child, 'message', { signal: AbortSignal.timeout(answerTimeoutMs), close: ['exit'] })
  child.send(command)
  for await (const [message] of messages as AsyncIterable<[ApiTelemetry]>) {
    const response = pick(message)
    if (response !== null) return response
  }
  throw failure('api-ended', { reason: 'it gave no answer' })
}

/** Asks for the counts once more, if the process still answers. */
async function askRetries({ child }: Api): Promise<void> {
  if (!child.connected) return
  await ignoreFailure(
    ask(child, 'report-retries', (message) => ('retries' in message && message.asked ? message : null)),
  )
}

function collectErrors(child: ChildProcess, onErrors: (text: string) => void): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    onErrors(chunk)
    text = (text + chunk).slice(-2000)
  })
  return () => text.trim().replace(/^Error: /, '')
}

async function waitForOrigin(child: ChildProcess, errors: () => string): Promise<string> {
  const timeout = AbortSignal.timeout(startTimeoutMs)
  try {
    const message = await Promise.race([
      once(child, 'message', { signal: timeout }).then(([first]) => first as { origin: string }),
      once(child, 'close', { signal: timeout }).then(() => null),
    ])
    if (message) return message.origin
  } catch (error) {
    child.kill('SIGKILL')
    if (!timeout.aborted) throw error
    throw failure('api-failed-to-start', { reason: `no sign of life after ${startTimeoutMs / 1000} s` }, error)
  }
  throw failure('api-failed-to-start', { reason: errors() || 'it ended without a word' })
}

/** Ends the process by `signal`, and by SIGKILL where it still runs after `withinMs`. */
async function end(api: Api, signal: 'SIGTERM' | 'SIGKILL', withinMs: number): Promise<void> {
  const { child } = api
  api.mayEnd = true
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
  await exited
  clearTimeout(timer)
}
