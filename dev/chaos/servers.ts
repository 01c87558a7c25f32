import { readdir, readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPrivateService } from '../../test/support/private-service.ts'
import { startProxy } from './proxy.ts'
import type { Harm } from './schedule.ts'

/** A server of this script's own, or a file, that can be hurt. */
export interface Victim extends AsyncDisposable {
  /** The way to it that can be hurt too. */
  readonly url: string
  /** Past everything that is done to that way. */
  readonly directUrl: string
  /** Events that it can take. */
  readonly harms: readonly Harm[]
  /** Hurts it for so long; resolves when it is mended. */
  harm(harm: Harm, forMs: number): Promise<void>
}

/** The servers of dev/services that can be started here. */
export type ServerName = Parameters<typeof startPrivateService>[0]

/** Bytes a second that pass through a throttled connection. */
const throttledBytes = 20_000

/** Starts a server with a proxy in front. Throws where this machine does not have it. */
export async function startVictim(name: ServerName): Promise<Victim> {
  const service = await startPrivateService(name)
  if (!service) throw new Error(`${name} is missing from this machine: dev/services install ${name}`)
  const proxy = await startProxy(Number(new URL(service.url).port))
  const url = new URL(service.url)
  // Kafka names its own port to whoever connects, which leads past any proxy.
  const isBehindProxy = name !== 'kafka'
  if (isBehindProxy) url.port = String(proxy.port)

  const signalAll = async (signal: NodeJS.Signals): Promise<void> => {
    // PostgreSQL has a process for each connection, which works on while its first one is stopped.
    for (const pid of await withDescendants(await service.findPid())) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  const actions: Readonly<Record<Harm, (forMs: number) => Promise<void>>> = {
    async stop(forMs) {
      await signalAll('SIGSTOP')
      await sleep(forMs)
      await signalAll('SIGCONT')
    },
    async kill(forMs) {
      await service.kill()
      await sleep(forMs)
      await service.start()
    },
    async cut(forMs) {
      proxy.cut()
      await sleep(forMs)
      proxy.mend()
    },
    async throttle(forMs) {
      proxy.throttle(throttledBytes)
      await sleep(forMs)
      proxy.mend()
    },
  }

  return {
    url: url.toString(),
    directUrl: service.url,
    harms: isBehindProxy ? ['stop', 'kill', 'cut', 'throttle'] : ['stop', 'kill'],
    harm: (harm, forMs) => actions[harm](forMs),
    async [Symbol.asyncDispose]() {
      proxy.close()
      await signalAll('SIGCONT').catch(() => {})
      await service[Symbol.asyncDispose]()
    },
  }
}

/** A SQLite file, which another connection can keep locked. */
export function fileVictim(path: string): Victim {
  return {
    url: `sqlite:${path}`,
    directUrl: `sqlite:${path}`,
    harms: ['stop'],
    async harm(_, forMs) {
      const locker = new DatabaseSync(path)
      try {
        locker.exec('pragma busy_timeout = 2000')
        locker.exec('begin immediate')
        await sleep(forMs)
        locker.exec('rollback')
      } catch {
        // Whoever had it kept it: that is harm enough.
      } finally {
        locker.close()
      }
    },
    async [Symbol.asyncDispose]() {},
  }
}

async function withDescendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : ''
    // The parent is the second word behind the name, which may hold anything, in brackets.
    if (stat !== '') parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
  }
  const found = [pid]
  for (const parent of found) for (const [child, of] of parents) if (of === parent) found.push(child)
  return found
}
