import { describeConnection } from '../record/environment-record.ts'
import { formatCount, formatDuration } from '../base/format.ts'
import { definitionOf, namesWith, type SettingName } from '../config/settings.ts'
import type { Report } from '../record/record.ts'

const environmentThatMatters = ['cpu', 'cores', 'node', 'engine', 'engineVersion'] as const

/** Tables grow while they are measured; within that, they are of the same size. */
const rowsTolerance = { share: 0.05, rows: 5000 }

type Shown = string | number | null | undefined

/** Lists differences between two runs apart from the figures, which cannot be compared then: `seed: a and b`. */
export function differencesOf(a: Report, b: Report): string[] {
  const pairs: [string, Shown, Shown][] = [
    ['kind', a.kind, b.kind],
    ...environmentThatMatters.map((key): [string, Shown, Shown] => [key, a.environment[key], b.environment[key]]),
    ['durability', durabilityOf(a, b), durabilityOf(b, a)],
    ...connectionPair(a, b),
    ['workload', workloadOf(a), workloadOf(b)],
    ['arrivals', arrivalsOf(a), arrivalsOf(b)],
    ['injected faults', injectedOf(a), injectedOf(b)],
    ['seed', a.seed, b.seed],
    ...namesWith('compared').map((key): [string, Shown, Shown] => [key, settingOf(a, key), settingOf(b, key)]),
  ]
  return [
    ...pairs
      .filter(([, left, right]) => (left ?? null) !== (right ?? null))
      .map(([key, left, right]) => `${key}: ${left ?? 'not set'} and ${right ?? 'not set'}`),
    ...tableDifferences(a, b),
  ]
}

/** A report of before the setting was there is of a run as its default has it. */
function settingOf({ config }: Report, name: SettingName): Shown {
  return name in config ? config[name] : definitionOf(name).default
}

/** Lists differences between any of the runs, each once. */
export function differencesAmong(reports: readonly Report[]): string[] {
  const [first, ...others] = reports
  return first ? [...new Set(others.flatMap((other) => differencesOf(first, other)))] : []
}

/** Reports of earlier versions do not say how they were connected. */
function connectionPair(a: Report, b: Report): [string, Shown, Shown][] {
  const [left, right] = [a, b].map(({ environment }) => describeConnection(environment.connection))
  return left && right ? [['connection', left, right]] : []
}

/**
 * Sorted, so that the order in which settings were read is no difference. A report that does not name what is at risk is
 * of an earlier version, which read fewer settings: only those that both have are compared.
 */
function durabilityOf({ environment }: Report, other: Report): string {
  const theirs = other.environment.durability
  const isAsComplete = 'at_risk' in environment.durability === 'at_risk' in theirs
  const settings = Object.entries(environment.durability)
    .filter(([name]) => isAsComplete || name in theirs)
    .map(([name, value]) => `${name}=${value}`)
  return settings.sort().join(', ')
}

function workloadOf(report: Report): Shown {
  return report.kind === 'load' ? report.load.workload : null
}

/** Arrivals of the open model alone: settings have them also where they do nothing. */
function arrivalsOf(report: Report): Shown {
  if (report.kind !== 'load' || report.load.model?.kind !== 'open') return null
  return `${report.load.model.arrivals}, ${report.load.model.maxInFlight} in flight at most`
}

function injectedOf(report: Report): Shown {
  if (report.kind !== 'load') return null
  return report.load.faults?.map(({ kind, atMs }) => `${kind} at ${formatDuration(atMs)}`).join(', ')
}

function tableDifferences(a: Report, b: Report): string[] {
  const [left, right] = [tablesOf(a), tablesOf(b)]
  const alike = left.length === right.length && left.every((table, i) => isAlike(table, right[i]))
  return alike ? [] : [`tables: ${showTables(left)} and ${showTables(right)}`]
}

interface Table {
  readonly rows: number
  readonly keys: string
}

function tablesOf(report: Report): Table[] {
  return report.kind === 'insert-bench'
    ? report.checkpoints.map(({ rows, keys = 'ascending' }) => ({ rows, keys }))
    : []
}

function isAlike(a: Table, b: Table | undefined): boolean {
  if (b === undefined || a.keys !== b.keys) return false
  return Math.abs(a.rows - b.rows) <= Math.max(rowsTolerance.rows, rowsTolerance.share * Math.max(a.rows, b.rows))
}

function showTables(tables: readonly Table[]): string {
  return tables.map(({ rows, keys }) => `${formatCount(rows)} rows (${keys})`).join(', ') || 'none'
}
