import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findFreePort } from '../free-port.ts'

/** The delays that the server knows: ms from a request to its answer. */
export const delays = ['none', 'constant', 'uniform', 'exponential', 'log-normal', 'two modes', 'freeze'] as const

/** A server that keeps a log of how long its answers really took. */
export interface KnownServer extends AsyncDisposable {
  readonly url: string
  /** Begins a new log, with other delays. */
  reset(name: (typeof delays)[number]): Promise<void>
  /** Duration of each answer, ms, in ascending order. */
  readLog(): Promise<readonly number[]>
}

/** Builds the server in `folder` with Go, and starts it on a free port of this machine. */
export async function startKnownServer(folder: string): Promise<KnownServer> {
  const program = join(folder, 'known-server')
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: fileURLToPath(new URL('.', import.meta.url)) })
  const port = await findFreePort()
  const child = spawn(program, [String(port)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(child, 'exit')
  const origin = `http://127.0.0.1:${port}`
  await untilItAnswers(origin)
  return {
    url: `${origin}/`,
    async reset(name) {
      const { ok } = await fetch(`${origin}/reset?delays=${encodeURIComponent(name)}`)
      if (!ok) throw new Error(`the server knows no delays "${name}"`)
    },
    async readLog() {
      const tookUs = (await (await fetch(`${origin}/log`)).json()) as readonly number[] | null
      return (tookUs ?? []).map((us) => us / 1000).toSorted((a, b) => a - b)
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
    },
  }
}

async function untilItAnswers(origin: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (
      await fetch(`${origin}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await wait(100)
  }
  throw new Error('the server of known delays does not answer')
}
