import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { PausableAccess } from '../../ports/database.ts'

/** Beside this file: `.js` where it is compiled, `.ts` where it is not. */
const entryPoint = fileURLToPath(new URL(`./tcp-proxy-process${extname(import.meta.url)}`, import.meta.url))

/** How long the proxy may take to start and to answer a command, ms. */
const answerTimeoutMs = 10_000

/** A server that a proxy leads to. */
export interface ProxiedServer {
  /** Without its secrets. */
  readonly shown: string
  /** Or the file of a Unix socket. */
  readonly host: string
  readonly port: number
  /** Leads to the proxy at that port of 127.0.0.1, and means the same otherwise. */
  readonly urlAt: (port: number) => string
}

/** Starts a proxy to a database server in a process of its own, which leaves this one's time to the load. */
export async function openPausableProxy({ shown, host, port, urlAt }: ProxiedServer): Promise<PausableAccess> {
  // Detached from the terminal, as the API is: Ctrl-C reaches the load alone, which ends both in its own time.
  const child = fork(entryPoint, [host, String(port)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })

  async function receive(): Promise<unknown> {
    const [message] = await once(child, 'message', { signal: AbortSignal.timeout(answerTimeoutMs) })
    return message
  }

  async function command(name: 'pause' | 'resume'): Promise<void> {
    const done = receive()
    child.send(name)
    await done
  }

  try {
    const proxyPort = Number(await receive())
    return {
      url: urlAt(proxyPort),
      effect: 'nothing went to or from the server',
      async pause() {
        await command('pause')
        return () => command('resume')
      },
      [Symbol.asyncDispose]: () => end(child),
    }
  } catch (error) {
    await end(child)
    throw failure(
      'database-not-pausable',
      { url: shown, reason: `the proxy does not answer (${reasonOf(error)})` },
      error,
    )
  }
}

/**
 * A URL with another port and host, and other parameters: those that are null are taken out. The rest stays as it is
 * written.
 */
export function redirectUrl(
  url: string,
  port: number,
  parameters: Readonly<Record<string, string | null>> = {},
  host = '127.0.0.1',
): string {
  const [, start = '', path = '', query = ''] =
    /^([^:]+:\/\/(?:[^@/?]*@)?)[^/?]*(\/[^?]*)?(?:\?(.*))?$/s.exec(url) ?? []
  const changed = new Map(Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value]))
  const kept = query.split('&').filter((pair) => pair !== '' && !changed.has(pair.split('=')[0]!.toLowerCase()))
  const added = Object.entries(parameters).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  const all = [...kept, ...added].join('&')
  return `${start}${host.includes(':') ? `[${host}]` : host}:${port}${path}${all === '' ? '' : `?${all}`}`
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
