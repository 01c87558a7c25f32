import { setTimeout as sleep } from 'node:timers/promises'
import { audit } from './audit.ts'
import { describeEnd, startCommand, type Command } from './command.ts'
import { hurt } from './hurt.ts'
import { withRows } from './rows.ts'
import type { Drive } from './run.ts'
import type { Victim } from './servers.ts'
import type { System } from './systems.ts'
import { readAcknowledged } from './truth.ts'

const replicas = 2

/** Time from one message to the next, ms. */
const intervalMs = 5

/** Time without a new row after which replicas count as done, and time between two readings of the tables, ms. */
const stillMs = 10_000
const lookEveryMs = 500

/** Longest time for replicas to start, and to end when asked to, ms. */
const startMs = 60_000
const endMs = 20_000

/**
 * Publishes orders to replicas of the workload orders, which may be killed, and holds its audit once all are stored, or no
 * more come.
 */
export const driveOrders: Drive = async (run, { folder, ledger, database, broker, events }) => {
  if (!broker) throw new Error('orders come through a broker')
  const { workload, system, seed, durationMs } = run
  const ways = [`--db=${database.url}`, `--broker=${broker.url}`]
  await startCommand(folder, ['migrate', `--workload=${workload}`, `--db=${database.directUrl}`]).ended
  const words = ['start', `--workload=${workload}`, `--replicas=${replicas}`, '--port=0', ...ways]
  const { serving, origins } = await serve(folder, words)
  try {
    const publishing = startCommand(folder, [
      'publish',
      `--count=${Math.ceil(durationMs / intervalMs)}`,
      `--interval=${intervalMs}ms`,
      '--invalid=10%',
      `--broker=${broker.url}`,
      `--seed=${seed}`,
      `--ledger=${ledger}`,
    ])
    const hurting = hurt(publishing.ended, ledger, { api: replicaVictim(serving), database, broker }, events)
    const published = await publishing.ended
    await hurting
    const { told, maps, stored } = await unmoved(database, ledger, system, async () => ({
      told: await audit(
        { folder, workload, database, broker, ledger },
        origins.map((origin) => `--target=${origin}`),
      ),
      maps: await Promise.all(origins.map(countOrders)),
    }))
    const areEqual = maps.every((count) => count === stored)
    const wrongs = [
      ...(published.code === 0 ? [] : [`publish: ${describeEnd(published)}`]),
      ...(areEqual === (told.inconsistent === 0)
        ? []
        : [
            `maps hold ${maps.join(' and ')} of ${stored} orders, and the audit found ${told.inconsistent} inconsistent`,
          ]),
    ]
    return { audit: told, note: wrongs.join('; ') }
  } finally {
    await end(serving)
  }
}

/**
 * Starts the replicas, again where a broker that has just been started does not serve them yet, and returns their origins.
 * Throws where they do not come to listen.
 */
async function serve(
  folder: string,
  words: readonly string[],
): Promise<{ readonly serving: Command; readonly origins: readonly string[] }> {
  const giveUpAt = performance.now() + startMs
  for (;;) {
    const serving = startCommand(folder, words)
    let hasEnded = false
    void serving.ended.then(() => (hasEnded = true))
    while (!hasEnded) {
      const listed = /^Listening on (.*);/m.exec(serving.printed())?.[1]
      if (listed !== undefined) return { serving, origins: listed.split(' and ') }
      if (performance.now() > giveUpAt) await end(serving)
      await sleep(lookEveryMs)
    }
    if (performance.now() > giveUpAt) throw new Error(`the replicas did not start: ${serving.printed()}`)
  }
}

/** Kills one replica after the other; they are started again by themselves. */
function replicaVictim({ printed }: Command): Pick<Victim, 'harm'> {
  let kills = 0
  return {
    async harm(_, forMs) {
      const number = (kills++ % replicas) + 1
      const started = [...printed().matchAll(new RegExp(`replica ${number} listens on .*process (\\d+)`, 'g'))]
      killIfThere(Number(started.at(-1)?.[1]))
      await sleep(forMs)
    },
  }
}

/** One that has just died by itself, of a broker that went away, is being started again already. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Reads replicas between two counts of the table that agree: on a busy machine messages may be stored again after a long while. */
async function unmoved<T>(
  database: Victim,
  ledger: string,
  system: System,
  read: () => Promise<T>,
): Promise<T & { readonly stored: number }> {
  for (;;) {
    const stored = await untilStill(database, ledger, system)
    const found = await read()
    if ((await untilStill(database, ledger, system)) === stored) return { ...found, stored }
  }
}

/** Waits until everything acknowledged is stored, or nothing has been for a while; returns how many orders are. */
async function untilStill({ directUrl }: Victim, ledger: string, { place }: System): Promise<number> {
  const wanted = new Set((await readAcknowledged(ledger)).map(({ key }) => key)).size
  return withRows(directUrl, async (read) => {
    let before = -1
    let changedAt = performance.now()
    for (;;) {
      const rows = await place.bookings(read)
      if (rows.length >= wanted || performance.now() > changedAt + stillMs) {
        return rows.filter(({ resource }) => resource === 'order').length
      }
      if (rows.length !== before) changedAt = performance.now()
      before = rows.length
      await sleep(lookEveryMs)
    }
  })
}

async function countOrders(origin: string): Promise<number> {
  const answer = await fetch(`${origin}/orders?limit=1`)
  return ((await answer.json()) as { readonly total: number }).total
}

async function end({ child, ended }: Command): Promise<void> {
  child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGKILL'), endMs)
  await ended
  clearTimeout(late)
}
