import { realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { failure } from '../base/errors/errors.ts'
import { countOf, plain } from '../base/format.ts'
import { readNamedFile } from '../base/named-file.ts'
import type { Report } from './record.ts'
import { listReports, mostReportBytes, readReport } from './store.ts'

/** A report, and where it is. */
export interface FoundReport {
  readonly file: string
  readonly report: Report
}

/** Reports that were found, and files that were passed over. */
export interface FoundReports {
  readonly reports: readonly FoundReport[]
  /** JSON files of other programs, in folders and patterns. */
  readonly foreign: readonly string[]
  /** Files that hold a run which one of `reports` holds as well. */
  readonly copies: readonly { readonly file: string; readonly of: string }[]
}

/**
 * Reads all reports that `paths` name, each run once: a report, a folder that holds reports, or a pattern with `*` and `?`
 * in its last part. Throws `reports-none` for a path under which there are none, and `report-unreadable` for one that is
 * broken.
 */
export async function findReports(...paths: readonly string[]): Promise<FoundReports> {
  const files = new Map<string, string>()
  const foreign = new Set<string>()
  for (const path of paths) {
    const listed = await listReports(path)
    const isNamed = listed.length === 1 && listed[0] === path
    const others = isNamed ? [] : await selectForeign(listed)
    if (listed.length === others.length) throw failure('reports-none', { path, foreign: others.length })
    for (const file of others) foreign.add(file)
    for (const file of listed.filter((name) => !others.includes(name))) {
      const place = await realpath(file).catch(() => file)
      if (!files.has(place)) files.set(place, file)
    }
  }
  const read = await Promise.all([...files.values()].map(async (file) => ({ file, report: await readReport(file) })))
  const runs = new Map<string, FoundReport>()
  const copies: { file: string; of: string }[] = []
  for (const found of read) {
    const first = runs.get(found.report.id)
    if (first) copies.push({ file: found.file, of: first.file })
    else runs.set(found.report.id, found)
  }
  return { reports: [...runs.values()], foreign: [...foreign], copies }
}

async function selectForeign(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(files.map(async (file) => ((await isForeign(file)) ? [file] : [])))
  return found.flat()
}

/** As `saveReport` names them. */
const nameOfOurs = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[a-z-]+(-\d+)?\.json$/
/** Matches the schema of any version. */
const schemaOfOurs = /"schema"\s*:\s*"rushbench\.report\//

/** A report that is broken is still known by its name, or by its schema where that is left. */
async function isForeign(file: string): Promise<boolean> {
  if (nameOfOurs.test(basename(file))) return false
  const content = await readNamedFile(file, mostReportBytes).catch(() => null)
  return content !== null && !schemaOfOurs.test(content.toString())
}

const mostNamed = 3

/** A line on what was passed over; null where nothing was. */
export function describePassedOver({ foreign, copies }: FoundReports): string | null {
  const parts = [
    ...(foreign.length > 0 ? [`${countOf(foreign.length, 'file')} of other programs (${namesOf(foreign)})`] : []),
    ...(copies.length > 0
      ? [`${countOf(copies.length, 'copy', 'copies')} of runs (${namesOf(copies.map(({ file }) => file))})`]
      : []),
  ]
  return parts.length === 0 ? null : `Passed over: ${parts.join(', and ')}.`
}

function namesOf(files: readonly string[]): string {
  return plain([...files.slice(0, mostNamed), ...(files.length > mostNamed ? ['...'] : [])].join(', '))
}

/** Throws `reports-same` where a run stands twice in what is compared. */
export function requireDistinct(...sides: readonly FoundReports[]): void {
  const runs = new Map<string, string>()
  for (const { reports, copies } of sides) {
    for (const { file, of } of copies) throw failure('reports-same', { first: of, second: file })
    for (const { file, report } of reports) {
      const first = runs.get(report.id)
      if (first !== undefined) throw failure('reports-same', { first, second: file })
      runs.set(report.id, file)
    }
  }
}
