import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { driveLoad } from './drive-load.ts'
import { driveOrders } from './drive-orders.ts'
import { withRows } from './rows.ts'
import { planChaos, type ChaosEvent } from './schedule.ts'
import { fileVictim, type Victim } from './servers.ts'
import { spoil, type Spoilt } from './spoil.ts'
import type { Setup, System } from './systems.ts'
import { findTruth, readAcknowledged, type Wrongs } from './truth.ts'

/** One run under a schedule. */
export interface ChaosRun {
  readonly workload: string
  readonly system: System
  readonly setup: Setup
  readonly seed: string
  readonly durationMs: number
  /** An empty database on a server that can be hurt; null for a file. */
  readonly server: Victim | null
  /** A server for messages, with none in it; null for a file, or where the workload has none. */
  readonly brokerServer: Victim | null
}

/** Result of a run. */
export interface ChaosResult {
  readonly events: readonly ChaosEvent[]
  readonly acknowledged: number
  /** By the database's own client. */
  readonly truth: Wrongs
  /** By rushbench's audit; null where it did not come to one. */
  readonly audit: Wrongs | null
  /** Why there was no audit, or what else was wrong; empty where all was well. */
  readonly note: string
  /** Once more, when tables were spoilt on purpose; null where they were not. */
  readonly spoilt: Spoilt | null
}

/** System that a load is made on, and the faults that it meets. */
export interface Hurt {
  readonly folder: string
  /** Where the ledger is to be. */
  readonly ledger: string
  readonly database: Victim
  readonly broker: Victim | null
  readonly events: readonly ChaosEvent[]
}

/** Makes the load, and says what the audit says. */
export type Drive = (run: ChaosRun, hurt: Hurt) => Promise<Pick<ChaosResult, 'audit' | 'note'>>

/** Makes a load while its parts are hurt, and checks what was acknowledged against the database. */
export async function runChaos(run: ChaosRun): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-chaos-'))
  try {
    return await runIn(folder, run)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runIn(folder: string, run: ChaosRun): Promise<ChaosResult> {
  const { workload, system, setup, seed, durationMs, server, brokerServer } = run
  const isOrders = workload === 'orders'
  const database = server ?? fileVictim(join(folder, 'chaos.db'))
  const broker = setup.broker === 'file' ? fileVictim(join(folder, 'broker.db')) : brokerServer
  const events = planChaos(`${workload} ${describeSetup(setup)} ${seed}`, {
    durationMs,
    parts: { api: isOrders ? ['kill'] : ['kill', 'cut'], database: database.harms, broker: broker?.harms ?? [] },
  })
  const ledger = join(folder, 'ledger.jsonl')
  const drive = isOrders ? driveOrders : driveLoad
  const { audit, note } = await drive(run, { folder, ledger, database, broker, events })
  const truth = await withRows(database.directUrl, (read) =>
    setup.broker === 'file' && broker
      ? withRows(broker.directUrl, (readBroker) => findTruth(ledger, read, system.place, readBroker))
      : findTruth(ledger, read, system.place),
  )
  const { length: acknowledged } = await readAcknowledged(ledger)
  const spoilt = audit && (await spoil(system, { folder, workload, database, broker, ledger }))
  return { events, acknowledged, truth, audit, note, spoilt }
}

/** Whether an audit said what is so. */
export function toldTheTruth({ truth, audit, note, spoilt }: ChaosResult): boolean {
  return (
    audit !== null && note === '' && isSame(audit, truth) && (spoilt === null || isSame(spoilt.audit, spoilt.truth))
  )
}

function isSame(a: Wrongs, b: Wrongs): boolean {
  return a.lost === b.lost && a.duplicate === b.duplicate && a.oversold === b.oversold
}

/** Says what a workload runs on in a word: `postgres+nats`. */
export function describeSetup({ engine, broker }: Setup): string {
  return broker === null || broker === 'file' ? engine : `${engine}+${broker}`
}
