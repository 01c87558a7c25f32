import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failure, reasonOf } from '../errors.ts'
import type { PausableAccess } from './port.ts'
import { readServerUrl } from './server-url.ts'

/** Beside this file: `.js` where it is compiled, `.ts` where it is not. */
const entryPoint = fileURLToPath(new URL(`./relay-process${extname(import.meta.url)}`, import.meta.url))

/** How long the relay may take to start and to do as it is told, ms. */
const answerTimeoutMs = 10_000

/**
 * Starts a relay to a database server in a process of its own, which leaves this one's time to the load. `parameters` are
 * added to the URL. Throws `database-unreachable` and `database-missing` for a URL that cannot be read.
 */
export async function openRelay(
  url: string,
  defaultPort: number,
  parameters: Readonly<Record<string, string>> = {},
): Promise<PausableAccess> {
  const { host, port, shown } = readServerUrl(url, defaultPort)
  // Detached from the terminal, as the API is: Ctrl-C reaches the load alone, which ends both in its own time.
  const child = fork(entryPoint, [host, String(port)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })

  async function answer(): Promise<unknown> {
    const [news] = await once(child, 'message', { signal: AbortSignal.timeout(answerTimeoutMs) })
    return news
  }

  async function tell(order: 'pause' | 'resume'): Promise<void> {
    const done = answer()
    child.send(order)
    await done
  }

  try {
    const relayPort = Number(await answer())
    return {
      url: relayedUrl(url, relayPort, parameters),
      effect: 'nothing went to or from the server',
      async pause() {
        await tell('pause')
        return () => tell('resume')
      },
      [Symbol.asyncDispose]: () => end(child),
    }
  } catch (error) {
    await end(child)
    throw failure(
      'database-not-pausable',
      { url: shown, reason: `the relay does not answer (${reasonOf(error)})` },
      error,
    )
  }
}

function relayedUrl(url: string, port: number, parameters: Readonly<Record<string, string>>): string {
  const relayed = new URL(url)
  relayed.hostname = '127.0.0.1'
  relayed.port = String(port)
  for (const [name, value] of Object.entries(parameters)) relayed.searchParams.set(name, value)
  return relayed.toString()
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
