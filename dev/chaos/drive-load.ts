import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { describeEnd, startCommand } from './command.ts'
import { hurt } from './hurt.ts'
import type { Drive } from './run.ts'
import type { ChaosEvent } from './schedule.ts'
import type { System } from './systems.ts'
import type { Wrongs } from './truth.ts'

/** Has `rushbench load` start the API, make the load and hold its audit. */
export const driveLoad: Drive = async (run, { folder, ledger, database, broker, events }) => {
  const { workload, system, seed, durationMs } = run
  const { ended } = startCommand(folder, [
    'load',
    `--workload=${workload}`,
    `--duration=${durationMs}ms`,
    '--timeout=3s',
    `--db=${database.url}`,
    `--seed=${seed}`,
    `--reports=${folder}`,
    `--ledger=${ledger}`,
    ...system.flags,
    ...(broker ? [`--broker=${broker.url}`] : []),
    ...events.flatMap(faultOf),
  ])
  const hurting = hurt(ended, ledger, { database, ...(broker && { broker }) }, events)
  const result = await ended
  await hurting
  const report = await readReport(folder)
  return report?.audit
    ? { audit: countAudit(report.audit, system), note: '' }
    : { audit: null, note: describeEnd(result) }
}

/** Has rushbench itself do what is done to the API. */
function faultOf({ part, harm, atMs }: ChaosEvent): string[] {
  if (part !== 'api') return []
  return ['--fault', `${harm === 'kill' ? 'kill-server' : 'drop-connections'}@${atMs}ms`]
}

async function readReport(folder: string): Promise<LoadReport | null> {
  const name = (await readdir(folder)).find((file) => file.endsWith('-load.json'))
  return name === undefined ? null : (JSON.parse(await readFile(join(folder, name), 'utf8')) as LoadReport)
}

function countAudit({ lost, duplicate, oversold }: NonNullable<LoadReport['audit']>, { place }: System): Wrongs {
  return { lost, duplicate, oversold: place.resources ? oversold : 0 }
}
