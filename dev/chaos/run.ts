import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LoadReport } from '../../src/lib/reports/record.ts'
import { withRows } from './rows.ts'
import { planChaos, type ChaosEvent } from './schedule.ts'
import { fileVictim, type Victim } from './servers.ts'
import { spoil, type Spoilt } from './spoil.ts'
import type { Engine, System } from './systems.ts'
import { countAcknowledged, findTruth, type Wrongs } from './truth.ts'

const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** One run under a schedule. */
export interface ChaosRun {
  readonly workload: string
  readonly system: System
  readonly engine: Engine
  readonly seed: string
  readonly durationMs: number
  /** Makes an empty database on a server that can be hurt; null for a file. */
  readonly server: Victim | null
}

/** What came of it. */
export interface ChaosResult {
  readonly events: readonly ChaosEvent[]
  readonly acknowledged: number
  /** By the database's own client. */
  readonly truth: Wrongs
  /** By rushbench's audit; null where it did not come to one. */
  readonly audit: Wrongs | null
  /** Why there was no audit; empty where there was. */
  readonly note: string
  /** Once more, when tables were spoilt on purpose; null where they were not. */
  readonly spoilt: Spoilt | null
}

/** Makes a load while its parts are hurt, and holds what was acknowledged against the database. */
export async function runChaos(run: ChaosRun): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-chaos-'))
  try {
    return await runIn(folder, run)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runIn(folder: string, run: ChaosRun): Promise<ChaosResult> {
  const { workload, system, engine, seed, durationMs, server } = run
  const database = server ?? fileVictim(join(folder, 'chaos.db'))
  const events = planChaos(`${workload} ${engine} ${seed}`, {
    durationMs,
    parts: { api: ['kill', 'cut'], database: database.harms },
  })
  const ledger = join(folder, 'ledger.jsonl')
  const child = spawn(
    process.execPath,
    [
      entryPoint,
      'load',
      `--workload=${workload}`,
      `--duration=${durationMs}ms`,
      '--timeout=3s',
      `--db=${database.url}`,
      `--seed=${seed}`,
      `--reports=${folder}`,
      `--ledger=${ledger}`,
      ...system.flags,
      ...(system.hasBroker ? ['--broker', `sqlite:${join(folder, 'broker.db')}`] : []),
      ...events.flatMap(faultOf),
    ],
    { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, ...scarce }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  child.stdout.resume()
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve))
  const hurting = hurt(ended, database, ledger, events)
  const code = await ended
  await hurting

  const place = system.place
  const truth = await withRows(database.directUrl, (read) => findTruth(ledger, read, place))
  const report = await readReport(folder)
  const audit = report?.audit ? countAudit(report.audit, system) : null
  const note = audit === null ? `exit code ${code}: ${errors.trim().split('\n').at(-1) ?? ''}` : ''
  const acknowledged = await countAcknowledged(ledger)
  const spoilt = audit && (await spoil(run, { url: database.directUrl, ledger, folder, entryPoint }))
  return { events, acknowledged, truth, audit, note, spoilt }
}

/** Few places, so that they are fought for. */
const scarce = { RUSHBENCH_CAPACITY: '2', RUSHBENCH_YEARS: '1' }

/** What is done to the API, rushbench does itself. */
function faultOf({ part, harm, atMs }: ChaosEvent): string[] {
  if (part !== 'api') return []
  return ['--fault', `${harm === 'kill' ? 'kill-server' : 'drop-connections'}@${atMs}ms`]
}

/** The ledger is made when the load begins. */
async function hurt(
  ended: Promise<unknown>,
  database: Victim,
  ledger: string,
  events: readonly ChaosEvent[],
): Promise<void> {
  let isOver = false
  void ended.then(() => (isOver = true))
  while (!isOver && !(await readFile(ledger).catch(() => null))) await sleep(50)
  const startedAt = performance.now()
  for (const { part, harm, atMs, forMs } of events) {
    if (part !== 'database') continue
    await Promise.race([ended, sleep(Math.max(0, startedAt + atMs - performance.now()))])
    if (isOver) return
    await database.harm(harm, forMs)
  }
}

async function readReport(folder: string): Promise<LoadReport | null> {
  const name = (await readdir(folder)).find((file) => file.endsWith('-load.json'))
  return name === undefined ? null : (JSON.parse(await readFile(join(folder, name), 'utf8')) as LoadReport)
}

/** Without what is said of things that are in no table. */
function countAudit(
  { lost, duplicate, oversold, violations }: NonNullable<LoadReport['audit']>,
  { place }: System,
): Wrongs {
  const elsewhere = violations.filter(({ kind, key }) => kind === 'lost' && key.includes('>')).length
  return { lost: place.isElsewhere ? lost - elsewhere : lost, duplicate, oversold: place.resources ? oversold : 0 }
}

/** Whether an audit said what is so. */
export function toldTheTruth({ truth, audit, spoilt }: ChaosResult): boolean {
  return audit !== null && isSame(audit, truth) && (spoilt === null || isSame(spoilt.audit, spoilt.truth))
}

function isSame(a: Wrongs, b: Wrongs): boolean {
  return a.lost === b.lost && a.duplicate === b.duplicate && a.oversold === b.oversold
}
