import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { failure } from './lib/errors.ts'
import type { RunningServer } from './lib/workloads/workload.ts'

/** An API in a process of its own. */
export interface ApiProcess extends RunningServer {
  /** Rejects with `api-ended` when the process ends before it is closed. */
  readonly ended: Promise<never>
}

/** How long the API may take to start, and to finish what is in flight, ms. */
const startTimeoutMs = 30_000
const closeTimeoutMs = 10_000

/**
 * Starts `rushbench start` on a free loopback port in a process of its own, so that it and the load
 * each have a core. Settings go through the environment, where other users cannot read a password.
 * Throws `api-failed-to-start`.
 */
export async function startApiProcess(entryPoint: string, env: Readonly<Record<string, string>>): Promise<ApiProcess> {
  const child = fork(entryPoint, ['start'], {
    env: { ...process.env, ...env, RUSHBENCH_HOST: '127.0.0.1', RUSHBENCH_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    // Its own process group: Ctrl-C reaches the load alone, which then ends the API in its own time.
    detached: true,
  })
  const errors = collectErrors(child)
  const origin = await waitForOrigin(child, errors)
  let closing = false
  const ended = once(child, 'exit').then(([code, signal]) => {
    if (closing) return new Promise<never>(() => {})
    throw failure('api-ended', { reason: errors() || `exit code ${code}, signal ${signal}` })
  })
  // Awaited by whoever is interested; nobody is once the run is over.
  ended.catch(() => {})
  return {
    origin,
    ended,
    async close() {
      closing = true
      await end(child)
    },
  }
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

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), closeTimeoutMs)
  await exited
  clearTimeout(timer)
}
