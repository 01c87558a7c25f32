import { describeConnection } from '../../record/environment-record.ts'
import { nothing, unknown } from '../../adapters/databases/durability.ts'
import { countOf, formatCount, upperFirst } from '../../base/format.ts'
import type { Environment, Report } from '../../record/record.ts'
import { answerOf, factTable, section, type Answer, type Document, type Line, type Section } from './document.ts'
import { serverSections } from './server.ts'

/** The fields of a document that are the same for all kinds of runs. */
export function runFacts(report: Report): Pick<Document, 'name' | 'startedAt' | 'command'> {
  return { name: report.kind, startedAt: report.startedAt, command: report.command ?? null }
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
    section('Environment', { table: factTable('what', facts), depth: 'appendix' }),
    section('Settings', { table: factTable('setting', settings), depth: 'appendix' }),
  ]
}

/** Counts retries by their reason, the most frequent first: `12 deadlock (1213), 1 lock wait timeout (1205)`; null for nothing. */
export function describeRetries(retries: Readonly<Record<string, number>> = {}): string | null {
  const entries = Object.entries(retries).sort(([, a], [, b]) => b - a)
  return entries.length === 0 ? null : entries.map(([reason, times]) => `${formatCount(times)} ${reason}`).join(', ')
}

/** How the database was connected to; none where nothing is known of it. */
export function connectionLines({ connection }: Environment): Line[] {
  const found = describeConnection(connection)
  return found === null ? [] : [{ label: 'connection', text: found }]
}

/** How inserts that are committed one by one are called: durable only where the report says that nothing is at risk. */
export function nameSingleInserts({ durability }: Environment): string {
  return durability['at_risk'] === nothing ? 'single durable inserts' : 'single inserts'
}

/** Why commits are not durable, beginning with that verdict; null where they are, or the report does not say. */
export function notDurable({ durability }: Environment): { readonly verdict: string; readonly because: string } | null {
  const { at_risk: atRisk = nothing } = durability
  if (atRisk === nothing) return null
  return atRisk === unknown
    ? { verdict: 'NOT called durable', because: 'the server does not tell what a crash may undo' }
    : { verdict: 'NOT durable', because: `a crash may undo ${atRisk}` }
}

/** Answers how durable commits were; none where a crash may undo nothing. */
export function durabilityAnswers(environment: Environment): Answer[] {
  const found = notDurable(environment)
  if (found === null) return []
  const detail = `${upperFirst(found.because)}, as its settings are (see Environment).`
  return [answerOf('plain', 'Durable?', upperFirst(found.verdict.toLowerCase()), detail)]
}

/** The database, and what a crash of it may undo; none where nothing is at risk, or nothing is known. */
export function durabilityLines(environment: Environment): Line[] {
  const found = notDurable(environment)
  if (found === null) return []
  const { engine, engineVersion } = environment
  return [{ label: 'database', text: `${engine} ${engineVersion}, ${found.verdict}: ${found.because}` }]
}

/** The settings that say what a commit survives: `fsync=on, wal_level=replica`. */
export function durabilitySettings({ durability }: Environment): string {
  return Object.entries(durability)
    .filter(([name]) => name !== 'at_risk')
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}
