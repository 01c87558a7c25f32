import { describeConnection } from '../../adapters/databases/connection-text.ts'
import { countOf, formatCount } from '../../base/format.ts'
import type { Report } from '../../record/record.ts'
import { describeRetries } from '../terminal/retries-text.ts'
import { section, type Digest, type Section } from './digest.ts'
import { serverSections } from './server-sections.ts'

/** What a digest says of any run, whatever was run. */
export function runFacts(report: Report): Pick<Digest, 'startedAt' | 'command'> {
  return { startedAt: report.startedAt, command: report.command ?? null }
}

/** Where the run was made, and with which settings. */
export function runSections(report: Report): Section[] {
  const { environment, config, seed, id, startedAt, finishedAt } = report
  const connection = describeConnection(environment.connection)
  const retried = 'retries' in report ? describeRetries(report.retries) : null
  const { cpu, cores, memoryMb, os, node, rushbench, engine, engineVersion, durability } = environment
  const facts = [
    ['database', engine === engineVersion ? engine : `${engine} ${engineVersion}`],
    ...Object.entries(durability),
    ...(connection === null ? [] : [['connection', connection]]),
    ...(retried === null ? [] : [['retries', retried]]),
    ['processor', `${cpu}, ${countOf(cores, 'core')}`],
    ['memory', `${formatCount(memoryMb)} MB`],
    ['operating system', os],
    ['Node', node],
    ['rushbench', rushbench],
    ['seed', seed],
    ['began', startedAt],
    ['ended', finishedAt],
    ['run', id],
  ]
  const settings = Object.entries(config).map(([name, value]) => [name, value ?? 'not set'])
  return [
    ...serverSections(report.server),
    section('Environment', { table: { head: ['what', 'value'], rows: facts, numeric: [] }, depth: 'appendix' }),
    section('Settings', { table: { head: ['setting', 'value'], rows: settings, numeric: [] }, depth: 'appendix' }),
  ]
}
