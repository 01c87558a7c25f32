import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseReport } from '../../../src/lib/record/parse.ts'
import type { LoadReport } from '../../../src/lib/record/record.ts'
import { withClient } from '../database/redis-databases.ts'
import type { CliResult, RunningCli, CliSandbox } from './sandbox.ts'

/** Starts a worker of each name, and resolves once all of them wait for work. */
export async function startWorkers(
  work: CliSandbox,
  queue: string,
  names: readonly string[],
  flags: readonly string[] = [],
): Promise<readonly RunningCli[]> {
  const workers = names.map((name) => work.start(['worker', '--queue', queue, '--name', name, ...flags]))
  await Promise.all(workers.map((worker) => worker.waitFor(/waits for work/)))
  return workers
}

/** Stops workers, also those that cannot be asked any more. */
export async function stopWorkers(workers: readonly RunningCli[]): Promise<void> {
  for (const { child } of workers) child.kill('SIGKILL')
  await Promise.all(workers.map(({ result }) => result))
}

/** Throws what it printed when a load was not made; on a machine that is busy it may be said not to be valid. */
export function requireMade({ code, stdout, stderr }: CliResult): void {
  if (code !== 0 && code !== 5) throw new Error(`it ended with ${code}: ${stdout}${stderr}`)
}

/** The report that a load has saved. */
export async function savedBy(work: CliSandbox, { stdout, stderr }: CliResult): Promise<LoadReport> {
  const [, name] = /report (.*)$/m.exec(stdout) ?? []
  if (name === undefined) throw new Error(`no report was saved: ${stdout}${stderr}`)
  const file = join(work.folder, name)
  return parseReport(await readFile(file, 'utf8'), file) as LoadReport
}

/** Returns sums that must agree: over workers, steps, the timeline and the whole run. */
export function sumsOf({ load }: LoadReport) {
  const sum = (count: (worker: NonNullable<typeof load.workers>[number]) => number): number =>
    (load.workers ?? []).reduce((total, worker) => total + count(worker), 0)
  return {
    workers: { requests: sum(({ requests }) => requests), failures: sum(({ failures }) => failures) },
    whole: { requests: load.requests, failures: load.failures },
    steps: load.steps.reduce((total, { requests }) => total + requests, 0),
    timeline: load.timeline.reduce((total, { requests }) => total + requests, 0),
    bookings: sum(({ bookings }) => bookings),
    booked: load.outcomes.booked,
  }
}

/** Resolves once a load that has just been started has so many bookings in its ledger. */
export async function waitForBookings(work: CliSandbox, count: number): Promise<void> {
  const before = new Set(await ledgersOf(work))
  for (;;) {
    const ledger = (await ledgersOf(work)).find((file) => !before.has(file))
    const text = ledger === undefined ? '' : await readFile(ledger, 'utf8')
    // Its head is no booking.
    if (text.split('\n').length - 2 >= count) return
    await sleep(50)
  }
}

async function ledgersOf({ folder }: CliSandbox): Promise<string[]> {
  const files = await readdir(join(folder, 'reports')).catch(() => [])
  return files.filter((name) => name.endsWith('.jsonl')).map((name) => join(folder, 'reports', name))
}

/** Keys of runs that are left on the queue. */
export function keysOfRuns(queue: string): Promise<string[]> {
  return withClient(queue, (client) => client.keys('rushbench:run:*'))
}
