import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { ApiNews, ApiOrder } from './api-channel.ts'
import { failure } from './lib/errors.ts'
import type { RunningServer } from './lib/workloads/workload.ts'

/** An API in a process of its own. */
export interface ApiProcess extends RunningServer {
  /** Rejects with `api-ended` when the process ends before it is closed, and not by `crash`. */
  readonly ended: Promise<never>
  /** Kills the process by SIGKILL and starts it again on the same port, as a supervisor does; resolves when it listens. */
  crash(): Promise<void>
}

/** How long the API may take to start, to do as it is told, and to finish what is in flight, ms. */
const startTimeoutMs = 30_000
const answerTimeoutMs = 30_000
const closeTimeoutMs = 10_000

/**
 * Starts `rushbench start` on a free loopback port in a process of its own, so that it and the load
 * each have a core. Settings go through the environment, where other users cannot read a password.
 * Throws `api-failed-to-start`.
 */
export async function startApiProcess(entryPoint: string, env: Readonly<Record<string, string>>): Promise<ApiProcess> {
  const { promise: ended, reject: fail } = Promise.withResolvers<never>()
  // Awaited by whoever is interested; nobody is once the run is over.
  ended.catch(() => {})
  const first = await launch(entryPoint, env, 0)
  const { origin } = first
  const port = Number(new URL(origin).port)
  /** The one that serves, or is being started. */
  let current = Promise.resolve(first)
  watch(first)

  function watch(api: Api): void {
    api.child.once('exit', (code, signal) => {
      if (!api.mayEnd) fail(failure('api-ended', { reason: api.errors() || `exit code ${code}, signal ${signal}` }))
    })
  }

  async function replace(api: Api): Promise<Api> {
    await end(api, 'SIGKILL')
    const next = await launch(entryPoint, env, port)
    watch(next)
    return next
  }

  return {
    origin,
    ended,
    async dropConnections() {
      const { child } = await current
      const news = once(child, 'message', { signal: AbortSignal.timeout(answerTimeoutMs) })
      child.send('drop-connections' satisfies ApiOrder)
      const [{ dropped }] = (await news) as [Extract<ApiNews, { dropped: number }>]
      return dropped
    },
    async crash() {
      current = current.then(replace)
      await current
    },
    async close() {
      const api = await current.catch(() => null)
      if (api) await end(api, 'SIGTERM')
    },
  }
}

interface Api {
  readonly child: ChildProcess
  readonly origin: string
  /** What it wrote to stderr. */
  errors(): string
  /** Set once it was told to end. */
  mayEnd: boolean
}

async function launch(entryPoint: string, env: Readonly<Record<string, string>>, port: number): Promise<Api> {
  const child = fork(entryPoint, ['start'], {
    env: { ...process.env, ...env, RUSHBENCH_HOST: '127.0.0.1', RUSHBENCH_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    // Its own process group: Ctrl-C reaches the load alone, which then ends the API in its own time.
    detached: true,
  })
  const errors = collectErrors(child)
  return { child, origin: await waitForOrigin(child, errors), errors, mayEnd: false }
}

function collectErrors(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
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

async function end(api: Api, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const { child } = api
  api.mayEnd = true
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), closeTimeoutMs)
  await exited
  clearTimeout(timer)
}
